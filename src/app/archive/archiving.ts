import type { RedBucket } from "../../loop/detection/red.ts";
import { createKeeping, minuteMs, minuteOf, type Keeping, type KeptWindow } from "../../loop/keeping/keeping.ts";
import type { Batch } from "../../loop/keeping/row.ts";
import type { Wanted } from "../../loop/keeping/thin-spans.ts";
import { createWaitingRoom, type WaitingRoom } from "../../loop/keeping/waiting-room.ts";
import type { TelemetrySignal } from "../../loop/signal/signal.ts";
import type { Archive } from "../../ports/archive.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ActiveConfig } from "../../ports/config.ts";
import { createArchiveCost, type ArchiveCost } from "./archive-cost.ts";
import { createHoldByAge } from "./hold-by-age.ts";
import { createOutbox } from "./outbox.ts";
import { settleRed } from "./settle-red.ts";
import { createTurn } from "./turn.ts";

export interface ArchivingParts {
  /** Rejects when there can be no archive here. */
  readonly open: () => Promise<Archive>;
  readonly clock: Clock;
  readonly config: () => Pick<ActiveConfig, "services" | "settings">;
  /** Incidents' windows, by telemetry's names. */
  readonly windows: (nowMs: number) => Promise<readonly KeptWindow[]>;
  /** RED in memory. */
  readonly red: {
    slots(fromMs: number, toMs: number): Iterable<readonly RedBucket[]>;
    heldFromMs(): number;
    isCrowded(): boolean;
  };
  /** Traces worth looking at, which thinning must not lose. */
  readonly wanted?: Wanted;
  /** What is to be told of a clock that was set not long ago; undefined when it was not. */
  readonly clockTrouble: () => string | undefined;
}

/** The way of telemetry into the archive: it waits, is decided, and is written. Nothing waits for it, and it never throws into intake. */
export interface Archiving {
  take(signals: readonly TelemetrySignal[]): void;
  /** Begins to decide and write what waited long enough, unless that is still under way. */
  flush(): void;
  /** Begins to remove what retention no longer wants and to join small files, unless that is still under way. */
  tidy(): void;
  /** Writes all that waits, within a bounded time, and ends. */
  close(): Promise<void>;
  /** Undefined while it is not open. */
  archive(): Archive | undefined;
  /** Why there is none; empty when there is, or when that is not known yet. */
  whyNone(): string;
  /** What went wrong the last time, in words; empty when nothing did. */
  failure(): string;
  /** Why nothing goes by age now, in words; empty when it does. */
  heldBack(): string;
  readonly room: Pick<WaitingRoom, "points" | "logs" | "spans" | "waiting" | "stats">;
  /** What is decided and not in the archive yet. */
  unwritten(): Batch;
  /** End of the minutes of RED that are decided. */
  redSettledMs(): number;
  /** Grows with every batch that was written. */
  writes(): number;
  readonly cost: ArchiveCost;
}

/** Minutes are decided this long after what an incident may look back to: one that opens at the last moment is still seen. */
const graceMs = 15_000;
/** RED is complete this long after its minute ended. */
const redCompleteMs = 10_000;
/** How long the last write may take when Homeostat stops. */
const closeMsMax = 10_000;

export function createArchiving(parts: ArchivingParts): Archiving {
  const { clock, config, red } = parts;
  const cost = createArchiveCost();
  let windows: readonly KeptWindow[] = [];
  let keeping: Keeping = keepingNow();
  const room = createWaitingRoom(() => keeping, {}, parts.wanted);
  const outbox = createOutbox(cost);
  let [archive, whyNone]: [Archive | undefined, string] = [undefined, ""];
  let redFromMs = minuteOf(clock.nowMs());
  const [flushing, tidying] = [createTurn(), createTurn()];
  const hold = createHoldByAge(parts.clockTrouble);
  const opening = parts.open().then(
    (opened) => void (archive = opened),
    (error: unknown) => void (whyNone = error instanceof Error ? error.message : String(error)),
  );

  function keepingNow(): Keeping {
    const { settings, services } = config();
    return createKeeping(settings.telemetry.keeping, windows, services);
  }

  const retention = () => hold.narrowed(config().settings.telemetry.retention);

  // Without the database nothing new is known of incidents: then the windows stay as they were.
  async function lookAtIncidents(nowMs: number): Promise<void> {
    windows = await parts.windows(nowMs).catch(() => windows);
    keeping = keepingNow();
  }

  async function settle(nowMs: number, waitMs: number): Promise<Batch> {
    // Between the kinds everything else has its turn.
    for (const kind of ["spans", "logs", "points"] as const) {
      room.decide(kind, nowMs - waitMs);
      await new Promise(setImmediate);
    }
    const batch = room.takeDecided();
    const redToMs = minuteOf(nowMs - (red.isCrowded() ? Math.min(waitMs, redCompleteMs) : waitMs));
    // A clock that was set back: what it lives again was archived once.
    if (redFromMs > nowMs + minuteMs) redFromMs = minuteOf(nowMs);
    const settled = await settleRed(red.slots(redFromMs, redToMs), keeping);
    redFromMs = Math.max(redFromMs, redToMs);
    cost.settledRed(settled);
    return {
      whole: { ...batch.whole, red: settled.whole },
      thinned: { ...batch.thinned, red: settled.thinned },
    };
  }

  async function flush(waitMs: number): Promise<void> {
    if (whyNone !== "") return;
    const nowMs = clock.nowMs();
    await lookAtIncidents(nowMs);
    outbox.put(await settle(nowMs, waitMs));
    if (archive) await outbox.send(archive);
  }

  async function finish(): Promise<void> {
    await Promise.all([opening, flushing.ended(), tidying.ended()]);
    await flush(-Infinity);
    await archive?.close();
  }

  return {
    take(signals) {
      if (whyNone === "") room.take(signals, clock.nowMs());
    },
    flush: () => flushing.start(() => flush(config().settings.telemetry.keeping.beforeMs + graceMs)),
    tidy: () => tidying.start(async () => archive?.tidy(retention(), clock.nowMs())),
    close: () => Promise.race([finish(), later(closeMsMax)]),
    archive: () => archive,
    whyNone: () => whyNone,
    heldBack: hold.heldBack,
    failure: () => flushing.failure() || tidying.failure(),
    room,
    unwritten: outbox.held,
    redSettledMs: () => redFromMs,
    writes: outbox.sends,
    cost,
  };
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
