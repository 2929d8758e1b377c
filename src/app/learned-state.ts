import type { ComponentStatus } from "../engine/operations.ts";
import { sha256Hex } from "../kernel/digest.ts";
import type { LearnedPart, LearnedState, Restoring } from "../loop/detection/learned/learned-part.ts";
import type { Clock } from "../ports/clock.ts";
import type { LearnedRow, LearnedStore } from "../ports/store.ts";

/** All streams are written once in this time, those that took something in; after a start sooner. */
const roundMs = 300_000;
const firstRoundMs = 60_000;
/** A portion is no more than this, and takes no more of the process at a stretch (I11). */
const portion = { rows: 200, characters: 4_000_000, workMs: 20 } as const;
/** What a stream was last heard of is told by telemetry, which is a little behind the clock. */
const behindMs = 60_000;
/** A stream that takes more than this is not kept. */
const charactersMax = 1_000_000;
const readTimeMs = 30_000;
const closeTimeMs = 10_000;
const nameMax = 500;

export interface LearnedStateParts {
  readonly learned: readonly LearnedPart[];
  readonly store: LearnedStore;
  readonly clock: Clock;
  readonly log: (text: string) => void;
}

/** Carries what detection learned from one life of a controller to the next, by way of the store. Nothing of it throws, or waits for ever. */
export interface LearnedKeeping {
  /** Reads back what there is. To be awaited before telemetry comes; takes 30 s at most. */
  load(): Promise<void>;
  /** Every second: writes the next portion. */
  save(): Promise<void>;
  /** Writes what was not written yet, in 10 s at most. */
  close(): Promise<void>;
  status(): ComponentStatus;
  counters(): Record<string, number>;
}

export function createLearnedState({ learned, store, clock, log }: LearnedStateParts): LearnedKeeping {
  const went: Record<Restoring, number> = { restored: 0, damaged: 0, "too old": 0, "no room": 0 };
  const counts = { saved: 0, failures: 0, tooLarge: 0, notRead: 0 };
  let [trouble, wellMs] = ["", Number.NaN];
  /** When the last whole round began, and the one under way. */
  let [wholeMs, beganMs] = [-Infinity, Number.NaN];
  let round: Iterator<LearnedRow> | undefined;
  let waiting: LearnedRow[] = [];

  function* rowsSince(sinceMs: number): Generator<LearnedRow> {
    for (const part of learned)
      for (const state of part.written(sinceMs)) {
        const row = rowOf(part, state, clock.nowMs());
        if (row.state.length <= charactersMax) yield row;
        else counts.tooLarge++;
      }
  }

  /** Whether there is more. What could not be written is tried again next time. */
  async function writeSome(rows: Iterator<LearnedRow>): Promise<boolean> {
    const isLast = waiting.length === 0 && take(rows, waiting);
    try {
      await store.put(waiting);
    } catch (error) {
      counts.failures++;
      const why = error instanceof Error ? error.message : String(error);
      if (why !== trouble) log(`what was learned could not be written: ${why}`);
      trouble = why;
      throw error;
    }
    counts.saved += waiting.length;
    [waiting, trouble, wellMs] = [[], "", clock.nowMs()];
    return !isLast;
  }

  function nextRound(nowMs: number): Iterator<LearnedRow> | undefined {
    if (round) return round;
    if (Number.isNaN(beganMs)) beganMs = nowMs - roundMs + firstRoundMs;
    if (nowMs >= beganMs && nowMs - beganMs < roundMs) return undefined;
    beganMs = nowMs;
    return (round = rowsSince(wholeMs - behindMs));
  }

  async function readPart(part: LearnedPart, untilMs: number): Promise<void> {
    const nowMs = clock.nowMs();
    for (let after: string | undefined = ""; after !== undefined;) {
      if (performance.now() > untilMs) return void counts.notRead++;
      const page = await store.read(part.kind, nowMs - part.usefulMs, after, portion.rows);
      went.damaged += page.damaged;
      for (const row of page.rows) went[restore(part, row, nowMs)]++;
      after = page.next;
    }
  }

  return {
    async load() {
      const untilMs = performance.now() + readTimeMs;
      try {
        for (const part of learned) await readPart(part, untilMs);
      } catch (error) {
        counts.notRead++;
        log(`what was learned could not be read: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (counts.notRead > 0) log("what was learned earlier was not read to the end; the rest is learned anew");
    },
    async save() {
      const rows = nextRound(clock.nowMs());
      if (!rows) return;
      const more = await writeSome(rows).catch(() => true);
      if (more) return;
      [wholeMs, round] = [beganMs, undefined];
    },
    async close() {
      const untilMs = performance.now() + closeTimeMs;
      const rows = rowsSince(wholeMs - behindMs);
      for (let more = true; more && performance.now() < untilMs;) more = await writeSome(rows).catch(() => false);
    },
    status: () => statusOf(trouble, wellMs, clock.nowMs(), learned, went),
    counters: () => ({
      learnedStreams: learned.reduce((n, part) => n + part.size(), 0),
      learnedSaved: counts.saved,
      learnedSaveFailures: counts.failures,
      learnedTooLarge: counts.tooLarge,
      learnedRestored: went.restored,
      learnedNotRestored: went.damaged + went["too old"] + went["no room"],
    }),
  };
}

/** Adds rows until there are enough for a portion; true when there are no more. */
function take(rows: Iterator<LearnedRow>, into: LearnedRow[]): boolean {
  const untilMs = performance.now() + portion.workMs;
  for (let characters = 0; into.length < portion.rows && characters < portion.characters;) {
    const next = rows.next();
    if (next.done === true) return true;
    into.push(next.value);
    characters += next.value.state.length;
    if (performance.now() > untilMs) break;
  }
  return false;
}

/** The state names its stream itself; a long name only has to be told from others. */
const rowOf = ({ kind, format }: LearnedPart, { stream, state }: LearnedState, learnedAtMs: number): LearnedRow => ({
  kind,
  stream: stream.length <= nameMax ? stream : `sha256:${sha256Hex(stream)}`,
  format,
  learnedAtMs,
  state: JSON.stringify(state),
});

function restore(part: LearnedPart, { format, state }: LearnedRow, nowMs: number): Restoring {
  if (format !== part.format) return "damaged";
  try {
    return part.restore(JSON.parse(state), nowMs);
  } catch {
    return "damaged";
  }
}

function statusOf(
  trouble: string,
  wellMs: number,
  nowMs: number,
  learned: readonly LearnedPart[],
  went: Readonly<Record<Restoring, number>>,
): ComponentStatus {
  const streams = learned.reduce((n, part) => n + part.size(), 0);
  const last = Number.isNaN(wellMs) ? "none written yet" : `last written ${Math.round((nowMs - wellMs) / 1_000)} s ago`;
  const start = Object.entries(went).filter(([, n]) => n > 0);
  const read = start.length === 0 ? "" : `; at the start ${start.map(([how, n]) => `${n} ${how}`).join(", ")}`;
  const detail = `${streams} streams, ${last}${read}`;
  if (trouble === "") return { name: "learned state", state: "ok", detail };
  return { name: "learned state", state: "degraded", detail: `${trouble}; ${detail}` };
}
