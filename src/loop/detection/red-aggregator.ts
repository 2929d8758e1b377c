import type { TelemetrySignal } from "../signal/signal.ts";
import { shareAdvice, type Crowding } from "./crowd.ts";
import type { Edge } from "./finding.ts";
import { createSlot, slotStart, type Slot } from "./open-buckets.ts";
import {
  createRedIntake,
  forgetIdle,
  settle,
  statsOf,
  takeSignal,
  type RedIntake,
  type RedLimits,
} from "./red-intake.ts";
import { usualParts } from "./red-room.ts";
import { createOwnTime, type Away, type OwnTime } from "./own-time.ts";
import { bucketMs, type RedBucket } from "./red.ts";
import { timely } from "./timely.ts";

const usual: RedLimits = {
  seriesMax: 200_000,
  reserved: 20_000,
  perService: usualParts,
  edgesMax: 50_000,
  joinMax: 100_000,
  pendingMax: 20_000,
  streamsMax: 50_000,
  graceMs: 3_000,
  ...timely,
  idleMs: 30 * 60_000,
};

const sweepMs = 60_000;

/**
 * Rate, errors and duration per service, instance, version and call-graph edge (B6), from spans, or from request metrics
 * where a service sends no server spans. A call counts in the bucket in which it ended. A service heard from in any way
 * gets a bucket, if need be with count 0: no requests is something else than no telemetry (B7). Everything is bounded (I11).
 * All times are the wall clock's; inside it lives in own time, so that a clock that is set neither closes nor opens anything.
 */
export interface RedAggregator {
  add(signal: TelemetrySignal, nowMs: number): void;
  /** Buckets that became complete: their end and 3 s more lie behind. Oldest first. What comes later for them is counted as late. */
  close(nowMs: number): RedBucket[];
  /** Edges seen within the last `withinMs`. */
  edges(environment: string, nowMs: number, withinMs: number): Edge[];
  /** Counts by name: what is held, and what was refused and why. */
  stats(): Record<string, number>;
  /** What had no room, worst first. */
  crowded(nowMs: number): Crowding[];
}

/** `isDeclared`: services of the care repo, which have room also where others took all of theirs. */
export function createRedAggregator(
  given: Partial<RedLimits> = {},
  isDeclared: (service: string, environment: string) => boolean = () => false,
  time: OwnTime = createOwnTime(),
): RedAggregator {
  const seriesMax = given.seriesMax ?? usual.seriesMax;
  const limits = { ...usual, reserved: Math.floor(seriesMax / 10), ...given };
  const intake = createRedIntake(limits, isDeclared);
  const { count, slots } = intake;
  let sweptMs = -Infinity;
  let away: Away | undefined;

  function look(wallMs: number): number {
    time.look(wallMs);
    const nowMs = time.own(wallMs);
    // What was counted up meanwhile is nobody's traffic of now.
    if (time.away() !== away) intake.metricRed.forget(nowMs);
    away = time.away();
    return nowMs;
  }

  function slotOf(timeMs: number, nowMs: number): Slot | undefined {
    const startMs = slotStart(timeMs);
    if (!(timeMs <= nowMs + limits.futureMs)) count.future++;
    else if (!(timeMs >= nowMs - limits.pastMs)) count.past++;
    else if (startMs < intake.closedToMs) count.late++;
    else {
      const slot = slots.get(startMs) ?? createSlot(startMs);
      slots.set(startMs, slot);
      return slot;
    }
    return undefined;
  }

  return {
    add(signal, wallMs) {
      if (signal.kind === "log") return;
      const nowMs = look(wallMs);
      count[signal.kind === "span" ? "spans" : "metrics"]++;
      const own = signal.kind === "span" ? time.span(signal) : time.metric(signal);
      const slot = slotOf(own.kind === "span" ? own.startMs + own.durationMs : own.timeMs, nowMs);
      if (slot) takeSignal(intake, own, slot);
    },
    close(wallMs) {
      const nowMs = look(wallMs);
      intake.closedToMs = Math.max(intake.closedToMs, slotStart(nowMs - limits.graceMs));
      const ready = [...slots.values()].filter((s) => s.startMs < intake.closedToMs);
      for (const slot of ready) slots.delete(slot.startMs);
      if (nowMs - sweptMs >= sweepMs) forgetIdle(intake, (sweptMs = nowMs));
      const settled = ready.toSorted((a, b) => a.startMs - b.startMs).flatMap((slot) => settle(intake, slot));
      const byMs = wallMs - nowMs;
      return byMs === 0 ? settled : settled.map((b) => ({ ...b, startMs: b.startMs + byMs }));
    },
    edges: (environment, wallMs, withinMs) =>
      [...intake.edges.values()]
        .filter((e) => e.environment === environment && e.seenMs + bucketMs > time.own(wallMs) - withinMs)
        .map((e) => e.edge),
    stats: () => statsOf(intake),
    crowded: (wallMs) => crowdingOf(intake, time.own(wallMs)),
  };
}

const crowdingOf = ({ room, metricRed }: RedIntake, nowMs: number): Crowding[] => [
  {
    part: "services",
    worst: room.crowded(nowMs),
    advice: "too many to watch them all; take ids out of the names of services, instances and peers",
  },
  {
    part: "requests",
    worst: metricRed.crowded(nowMs),
    advice: "too many streams of request metrics to count them all; drop the attribute that tells them apart",
  },
  { part: "requests", worst: metricRed.shared(nowMs), advice: shareAdvice },
];
