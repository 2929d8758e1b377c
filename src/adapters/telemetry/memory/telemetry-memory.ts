import type { Edge } from "../../../loop/detection/finding.ts";
import { mergeBuckets } from "../../../loop/detection/merge-buckets.ts";
import { seriesKey, type RedBucket } from "../../../loop/detection/red.ts";
import type { WindowStore } from "../../../ports/store.ts";
import type { TelemetryReader } from "../../../ports/telemetry.ts";

/** Buckets are kept this long. */
const keptMs = 30 * 60_000;
/** Series kept; buckets of further ones are refused and counted (I11). */
const seriesMax = 20_000;

export interface TelemetryMemory {
  /** Takes complete buckets of this controller. */
  put(buckets: readonly RedBucket[]): void;
  readonly reader: TelemetryReader;
  stats(): { readonly series: number; readonly refused: number };
}

export interface TelemetryMemoryParts {
  /** Where other controllers' buckets are; this controller's own are in there too. */
  readonly windows: WindowStore;
  readonly edges: (environment: string, withinMs: number) => Edge[];
}

/** What this controller saw of the last half hour, joined with what others shared. */
export function createTelemetryMemory({ windows, edges }: TelemetryMemoryParts): TelemetryMemory {
  const series = new Map<string, RedBucket[]>();
  const owned = new Map<string, Set<string>>();
  let [refused, newestMs] = [0, -Infinity];

  function keep(bucket: RedBucket): void {
    const known = series.get(bucket.series);
    if (!known && series.size >= seriesMax) {
      refused++;
      return;
    }
    if (known) known.push(bucket);
    else series.set(bucket.series, [bucket]);
    const owner = ownerOf(bucket.series);
    owned.set(owner, (owned.get(owner) ?? new Set()).add(bucket.series));
  }

  function forget(): void {
    for (const [key, buckets] of series) {
      const stale = buckets.findIndex((b) => b.startMs >= newestMs - keptMs);
      if (stale > 0) buckets.splice(0, stale);
      if (stale >= 0) continue;
      series.delete(key);
      owned.get(ownerOf(key))?.delete(key);
    }
  }

  async function read(keys: readonly string[], fromMs: number, toMs: number): Promise<RedBucket[]> {
    const own = keys.flatMap((key) => (series.get(key) ?? []).filter((b) => b.startMs >= fromMs && b.startMs < toMs));
    return richest([...mergeBuckets(own), ...(await windows.read(keys, fromMs, toMs))]);
  }

  return {
    put(buckets) {
      for (const bucket of buckets) {
        keep(bucket);
        newestMs = Math.max(newestMs, bucket.startMs);
      }
      forget();
    },
    reader: {
      service: (service, environment, fromMs, toMs) =>
        read([seriesKey({ type: "service", service, environment })], fromMs, toMs),
      edge: (edge, environment, fromMs, toMs) => read([seriesKey({ type: "edge", edge, environment })], fromMs, toMs),
      all: (services, environment, fromMs, toMs) =>
        read(
          [
            ...new Set(
              services.flatMap((s) => [
                seriesKey({ type: "service", service: s, environment }),
                ...(owned.get(JSON.stringify([environment, s])) ?? []),
              ]),
            ),
          ],
          fromMs,
          toMs,
        ),
      edges: async (environment, withinMs) => edges(environment, withinMs),
    },
    stats: () => ({ series: series.size, refused }),
  };
}

/** The shared windows hold the sum over all controllers, ours included: of two buckets of one interval the fuller one is whole. */
function richest(buckets: readonly RedBucket[]): RedBucket[] {
  const best = new Map<string, RedBucket>();
  for (const bucket of buckets) {
    const key = `${bucket.startMs} ${bucket.series}`;
    const known = best.get(key);
    if (!known || bucket.count > known.count) best.set(key, bucket);
  }
  return [...best.values()].toSorted((a, b) => a.startMs - b.startMs || (a.series < b.series ? -1 : 1));
}

/** Environment and service a series belongs to: an edge to its caller. */
function ownerOf(key: string): string {
  const parts: unknown = JSON.parse(key);
  return Array.isArray(parts) ? JSON.stringify([parts[1], parts[2]]) : "";
}
