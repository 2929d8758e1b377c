import { durationBoundsMs, seriesKey, type RedBucket } from "../detection/red.ts";
import type { Scene } from "./scene.ts";

/** Sums over buckets of one series. `errorShare` and `ownErrorShare` are 0 to 1. */
export interface RedSum {
  readonly count: number;
  readonly errorShare: number;
  readonly ownErrorShare: number;
  readonly meanMs: number;
  readonly p95Ms: number;
}

export function sumRed(buckets: readonly RedBucket[]): RedSum | undefined {
  const count = buckets.reduce((n, b) => n + b.count, 0);
  if (count === 0) return undefined;
  const total = (of: (b: RedBucket) => number) => buckets.reduce((n, b) => n + of(b), 0);
  return {
    count,
    errorShare: total((b) => b.errors) / count,
    ownErrorShare: total((b) => b.ownErrors) / count,
    meanMs: total((b) => b.durationSumMs) / count,
    p95Ms: quantileMs(buckets, 0.95),
  };
}

/** Upper bound of the histogram interval the quantile falls in, ms: never too small. */
export function quantileMs(buckets: readonly RedBucket[], q: number): number {
  const counts = durationBoundsMs.map((_, i) => buckets.reduce((n, b) => n + (b.durations[i] ?? 0), 0));
  const all = buckets.reduce((n, b) => n + b.count, 0);
  let seen = 0;
  for (const [i, n] of counts.entries()) {
    seen += n;
    if (seen >= q * all) return durationBoundsMs[i] ?? Infinity;
  }
  return durationBoundsMs.at(-1) ?? Infinity;
}

export const redOf = (scene: Scene, service: string, fromMs: number): RedSum | undefined =>
  sumRed(since(scene.red[seriesKey({ type: "service", service, environment: scene.incident.environment })], fromMs));

/** RED of calls over an edge, as the caller saw them. */
export const edgeRedOf = (scene: Scene, from: string, to: string, fromMs: number): RedSum | undefined =>
  sumRed(
    since(scene.red[seriesKey({ type: "edge", edge: { from, to }, environment: scene.incident.environment })], fromMs),
  );

/** The service's RED by version since a time: versions that answered at least `min` requests. */
export function versionsOf(
  scene: Scene,
  service: string,
  fromMs: number,
  min: number,
): { version: string; red: RedSum }[] {
  const prefix = `${JSON.stringify(["version", scene.incident.environment, service]).slice(0, -1)},`;
  return Object.entries(scene.red).flatMap(([key, buckets]) => {
    const version = key.startsWith(prefix) ? parts(key)[3] : undefined;
    if (!version) return [];
    const red = sumRed(since(buckets, fromMs));
    return red && red.count >= min ? [{ version, red }] : [];
  });
}

const since = (buckets: readonly RedBucket[] | undefined, fromMs: number): RedBucket[] =>
  (buckets ?? []).filter((b) => b.startMs >= fromMs);

const parts = (key: string): (string | undefined)[] => {
  const value: unknown = JSON.parse(key);
  return Array.isArray(value) ? value.map(String) : [];
};
