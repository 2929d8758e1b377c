import type { ComponentStatus } from "../../engine/operations.ts";
import type { LearnedPart } from "../../loop/detection/learned/learned-part.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LearnedRow, LearnedStore } from "../../ports/store.ts";
import { readLearned, type Went } from "./read-learned.ts";
import { createLearnedWriter } from "./write-learned.ts";

/** All streams are written once in this time, those that took something in; after a start sooner. */
const roundMs = 300_000;
const firstRoundMs = 60_000;
/** What a stream was last heard of is told by telemetry, which is a little behind the clock. */
const behindMs = 60_000;
const closeTimeMs = 10_000;

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
  const went: Went = { restored: 0, damaged: 0, "too old": 0, "no room": 0 };
  const writer = createLearnedWriter(learned, store, () => clock.nowMs());
  /** When the last whole round began, and the one under way. */
  let [wholeMs, beganMs] = [-Infinity, Number.NaN];
  let round: Iterator<LearnedRow> | undefined;

  function nextRound(nowMs: number): Iterator<LearnedRow> | undefined {
    if (round) return round;
    if (Number.isNaN(beganMs)) beganMs = nowMs - roundMs + firstRoundMs;
    if (nowMs >= beganMs && nowMs - beganMs < roundMs) return undefined;
    beganMs = nowMs;
    return (round = writer.rowsSince(wholeMs - behindMs));
  }

  async function write(rows: Iterator<LearnedRow>): Promise<boolean> {
    const before = writer.trouble();
    const more = await writer.write(rows);
    const trouble = writer.trouble();
    if (trouble !== "" && trouble !== before) log(`what was learned could not be written: ${trouble}`);
    return more;
  }

  return {
    async load() {
      const why = await readLearned(learned, store, clock.nowMs(), went);
      if (why !== "") log(`what was learned could not be read to its end, the rest is learned anew: ${why}`);
    },
    async save() {
      const rows = nextRound(clock.nowMs());
      if (rows && !(await write(rows))) [wholeMs, round] = [beganMs, undefined];
    },
    async close() {
      const untilMs = performance.now() + closeTimeMs;
      const rows = writer.rowsSince(wholeMs - behindMs);
      while ((await write(rows)) && writer.trouble() === "" && performance.now() < untilMs);
    },
    status: () => statusOf(sizeOf(learned), went, writer.trouble(), clock.nowMs() - writer.wellMs()),
    counters: () => ({
      learnedStreams: sizeOf(learned),
      learnedSaved: writer.counts.saved,
      learnedSaveFailures: writer.counts.failures,
      learnedTooLarge: writer.counts.tooLarge,
      learnedRestored: went.restored,
      learnedNotRestored: went.damaged + went["too old"] + went["no room"],
    }),
  };
}

const sizeOf = (learned: readonly LearnedPart[]): number => learned.reduce((n, part) => n + part.size(), 0);

function statusOf(streams: number, went: Went, trouble: string, wellMsAgo: number): ComponentStatus {
  const last = Number.isNaN(wellMsAgo) ? "none written yet" : `last written ${Math.round(wellMsAgo / 1_000)} s ago`;
  const start = Object.entries(went).filter(([, n]) => n > 0);
  const read = start.length === 0 ? "" : `; at the start ${start.map(([how, n]) => `${n} ${how}`).join(", ")}`;
  const detail = `${streams} streams, ${last}${read}`;
  if (trouble === "") return { name: "learned state", state: "ok", detail };
  return { name: "learned state", state: "degraded", detail: `${trouble}; ${detail}` };
}
