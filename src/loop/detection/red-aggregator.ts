import type { TelemetrySignal } from "../signal/signal.ts";
import { shareAdvice, type Crowding } from "./crowd.ts";
import type { Edge } from "./finding.ts";
import { createSlot, slotStart, type Slot } from "./open-buckets.ts";
import { createRedIntake, forgetIdle, settle, statsOf, takeSignal, type RedLimits } from "./red-intake.ts";
import { usualParts } from "./red-room.ts";
import { bucketMs, type RedBucket } from "./red.ts";

/** Telemetry this far ahead of the clock, or behind it, is refused and counted: it would speak of another time. */
export const timely = { futureMs: 10_000, pastMs: 10 * 60_000 } as const;

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
): RedAggregator {
  const seriesMax = given.seriesMax ?? usual.seriesMax;
  const limits = { ...usual, reserved: Math.floor(seriesMax / 10), ...given };
  const intake = createRedIntake(limits, isDeclared);
  const { count, slots } = intake;
  let sweptMs = -Infinity;

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
    add(signal, nowMs) {
      if (signal.kind === "log") return;
      count[signal.kind === "span" ? "spans" : "metrics"]++;
      const slot = slotOf(signal.kind === "span" ? signal.startMs + signal.durationMs : signal.timeMs, nowMs);
      if (slot) takeSignal(intake, signal, slot);
    },
    close(nowMs) {
      intake.closedToMs = Math.max(intake.closedToMs, slotStart(nowMs - limits.graceMs));
      const ready = [...slots.values()].filter((s) => s.startMs < intake.closedToMs);
      for (const slot of ready) slots.delete(slot.startMs);
      if (nowMs - sweptMs >= sweepMs) forgetIdle(intake, (sweptMs = nowMs));
      return ready.toSorted((a, b) => a.startMs - b.startMs).flatMap((slot) => settle(intake, slot));
    },
    edges: (environment, nowMs, withinMs) =>
      [...intake.edges.values()]
        .filter((e) => e.environment === environment && e.seenMs + bucketMs > nowMs - withinMs)
        .map((e) => e.edge),
    stats: () => statsOf(intake),
    crowded: (nowMs) => [
      {
        part: "services",
        worst: intake.room.crowded(nowMs),
        advice: "too many to watch them all; take ids out of the names of services, instances and peers",
      },
      {
        part: "requests",
        worst: intake.metricRed.crowded(nowMs),
        advice: "too many streams of request metrics to count them all; drop the attribute that tells them apart",
      },
      { part: "requests", worst: intake.metricRed.shared(nowMs), advice: shareAdvice },
    ],
  };
}
