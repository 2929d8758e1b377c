import { inWallTime } from "./describe.ts";
import type { Finding } from "./finding.ts";
import { createOwnTime, type Away, type OwnTime } from "./own-time.ts";
import type { RedBucket } from "./red.ts";
import { createWatches, type Watches } from "./watches.ts";

export interface DetectorOptions {
  /** Service and edge series watched at one time; further ones are refused and counted. */
  readonly seriesMax: number;
}

/**
 * All detectors together: RED baselines per service and edge, SLO burn rates, logs, silence (B1 to B7). Streaming; what it
 * says at a time depends on nothing later. Services are named as their telemetry names them. All times are the wall clock's; inside it
 * lives in own time, so that a clock that is set neither blinds it nor looks like silence.
 */
export interface Detector extends Omit<Watches, "away" | "passOver" | "ingestBuckets"> {
  /** Complete buckets, oldest first per series. `nowMs`: absent, the time of the last look. */
  ingestBuckets(buckets: readonly RedBucket[], nowMs?: number): void;
}

/** Puts the wall clock's time on watches that live in their own. */
export function createDetector(given: Partial<DetectorOptions> = {}, time: OwnTime = createOwnTime()): Detector {
  const watches = createWatches(given.seriesMax ?? 200_000);
  const { traces } = watches;
  let [away, steppedMs]: [Away | undefined, number] = [undefined, time.steppedMs()];

  function look(wallMs: number): number {
    time.look(wallMs);
    const last = time.away();
    const isNew = last !== undefined && last !== away;
    if (isNew) watches.away(last);
    if (isNew || time.steppedMs() !== steppedMs) watches.passOver(isNew ? last.toMs - last.fromMs : 0);
    [away, steppedMs] = [last, time.steppedMs()];
    return time.own(wallMs);
  }

  const inWall = (found: readonly Finding[]): Finding[] => found.map((f) => inWallTime(f, time.wall));

  return {
    ...watches,
    ingestBuckets(buckets, wallMs) {
      if (wallMs !== undefined) look(wallMs);
      watches.ingestBuckets(buckets.map((b) => moved(b, "startMs", time.own(b.startMs))));
    },
    ingestLogs(lines, wallMs) {
      const nowMs = look(wallMs);
      watches.ingestLogs(
        lines.map((line) => moved(line, "timeMs", time.log(line.timeMs))),
        nowMs,
      );
    },
    ingestSpan(span, wallMs) {
      const nowMs = look(wallMs);
      watches.ingestSpan(time.span(span), nowMs);
    },
    ingestMetric(metric, wallMs) {
      const nowMs = look(wallMs);
      watches.ingestMetric(time.metric(metric), nowMs);
    },
    tick: (wallMs) => inWall(watches.tick(look(wallMs))),
    firing: () => inWall(watches.firing()),
    heard: () => watches.heard().map((h) => moved(h, "lastMs", time.wall(h.lastMs))),
    traces: {
      ...traces,
      operations: (service, environment, fromMs, toMs) =>
        traces
          .operations(service, environment, time.own(fromMs), time.own(toMs))
          .map((row) => ({ ...row, startMs: time.wall(row.startMs) })),
      exemplars: (service, environment, fromMs, toMs) =>
        traces
          .exemplars(service, environment, time.own(fromMs), time.own(toMs))
          .map((exemplar) => ({ ...exemplar, atMs: time.wall(exemplar.atMs) })),
    },
    crowded: (wallMs) => watches.crowded(time.own(wallMs)),
    faults: () =>
      watches.faults().map((f) => ({ ...f, atMs: time.wall(f.atMs), restsUntilMs: time.wall(f.restsUntilMs) })),
    stats: () => ({ ...watches.stats(), ...time.stats() }),
  };
}

/** Most of the time nothing is moved, and there is much of it. */
const moved = <K extends string, T extends Readonly<Record<K, number>>>(of: T, member: K, toMs: number): T =>
  of[member] === toMs ? of : { ...of, [member]: toMs };
