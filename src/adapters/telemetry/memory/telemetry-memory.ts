import type { Edge } from "../../../loop/detection/finding.ts";
import { bucketMs, seriesKey, type RedBucket } from "../../../loop/detection/red.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { WindowStore } from "../../../ports/store.ts";
import type { TelemetryReader } from "../../../ports/telemetry.ts";
import { createRecentSlots } from "./recent-slots.ts";

export interface TelemetryMemoryOptions {
  /** What controllers share; this controller's own part is in there too. */
  readonly windows: Pick<WindowStore, "read">;
  readonly edges: (environment: string, withinMs: number) => Edge[];
  /** Without one, time is the end of the newest bucket. */
  readonly clock?: Clock;
  /** How long buckets are kept. Absent: 30 minutes. */
  readonly keptMs?: number;
  /** Buckets kept at most; the oldest go first and are counted (I11). */
  readonly bucketsMax?: number;
}

export interface TelemetryMemory {
  /** Takes complete buckets of this controller. */
  put(buckets: readonly RedBucket[]): void;
  readonly reader: TelemetryReader;
  /** All buckets of this controller, interval by interval, oldest first, whose start lies in [fromMs, toMs). */
  slots(fromMs: number, toMs: number): Iterable<readonly RedBucket[]>;
  /** Since when it holds buckets; Infinity when it holds none. */
  heldFromMs(): number;
  /** True when the oldest will soon have to go for lack of room. */
  isCrowded(): boolean;
  stats(): Record<string, number>;
}

/** What this controller saw lately, joined with what others shared. */
export function createTelemetryMemory(options: TelemetryMemoryOptions): TelemetryMemory {
  const { windows, edges, clock, keptMs = 30 * 60_000, bucketsMax = 1_500_000 } = options;
  const recent = createRecentSlots(keptMs, bucketsMax);
  let newestMs = -Infinity;

  async function read(series: readonly string[], fromMs: number, toMs: number): Promise<RedBucket[]> {
    return fuller(recent.read(series, fromMs, toMs), await windows.read(series, fromMs, toMs));
  }

  const seriesOf = (service: string, environment: string): string[] => [
    seriesKey({ type: "service", service, environment }),
    ...recent.seriesOf(service, environment),
  ];

  return {
    put(buckets) {
      for (const b of buckets) newestMs = Math.max(newestMs, b.startMs + bucketMs);
      recent.put(buckets, clock?.nowMs() ?? newestMs);
    },
    reader: {
      service: (service, environment, fromMs, toMs) =>
        read([seriesKey({ type: "service", service, environment })], fromMs, toMs),
      edge: (edge, environment, fromMs, toMs) => read([seriesKey({ type: "edge", edge, environment })], fromMs, toMs),
      all: (services, environment, fromMs, toMs) =>
        read([...new Set(services.flatMap((s) => seriesOf(s, environment)))], fromMs, toMs),
      edges: (environment, withinMs) => Promise.resolve(edges(environment, withinMs)),
    },
    slots: recent.slots,
    heldFromMs: recent.heldFromMs,
    isCrowded: () => recent.stats().bucketsHeld > bucketsMax / 2,
    stats: () => recent.stats(),
  };
}

/**
 * Shared windows hold the sum over all controllers, ours included, and may lag behind: of two views of one bucket the
 * one with more requests is the whole one.
 */
function fuller(own: readonly RedBucket[], shared: readonly RedBucket[]): RedBucket[] {
  const best = new Map<string, RedBucket>();
  for (const bucket of [...own, ...shared]) {
    const key = `${bucket.startMs} ${bucket.series}`;
    const known = best.get(key);
    if (!known || bucket.count > known.count) best.set(key, bucket);
  }
  return [...best.values()].toSorted((a, b) => a.startMs - b.startMs || (a.series < b.series ? -1 : 1));
}
