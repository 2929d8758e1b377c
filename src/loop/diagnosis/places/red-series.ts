import { callersOf } from "../../incident/topology.ts";
import { seriesKey, type RedBucket } from "../../detection/red.ts";
import { isOwnFault } from "../is-well-for.ts";
import type { Series } from "../rank/recording.ts";
import type { Scene } from "../scene.ts";
import type { Steps } from "./steps.ts";

interface Sums {
  count: number;
  errors: number;
  durationSumMs: number;
}

/**
 * Requests of a service as series along calls: what it says itself and what its callers saw, whichever tells of more. A call that hangs or is
 * refused is in its caller's view only. Callers for whom alone it is unwell do not speak: what they see is their own fault.
 */
export function requestsOf(scene: Scene, service: string, steps: Steps): Series[] {
  const { environment } = scene.incident;
  const own = sumsOf(scene.red[seriesKey({ type: "service", service, environment })], steps);
  const called = new Map<number, Sums>();
  for (const from of callersOf(scene.topology, service)) {
    const seen = scene.red[seriesKey({ type: "edge", edge: { from, to: service }, environment })];
    if (seen && !isOwnFault(scene, from, service)) for (const bucket of seen) add(called, steps, bucket);
  }
  const more = (of: keyof Sums, atMs: number): number =>
    Math.max(own.get(atMs)?.[of] ?? 0, called.get(atMs)?.[of] ?? 0);
  const atMs = [...new Set([...own.keys(), ...called.keys()])].toSorted((a, b) => a - b);
  return seriesFrom(
    service,
    new Map(
      atMs.map((t) => [
        t,
        { count: more("count", t), errors: more("errors", t), durationSumMs: more("durationSumMs", t) },
      ]),
    ),
  );
}

/** Requests of one instance, as it says itself. */
export function requestsOfInstance(scene: Scene, service: string, instance: string, steps: Steps): Series[] {
  const { environment } = scene.incident;
  return seriesFrom(
    instance,
    sumsOf(scene.red[seriesKey({ type: "instance", service, environment, instance })], steps),
  );
}

function sumsOf(buckets: readonly RedBucket[] | undefined, steps: Steps): Map<number, Sums> {
  const sums = new Map<number, Sums>();
  for (const bucket of buckets ?? []) add(sums, steps, bucket);
  return sums;
}

function add(sums: Map<number, Sums>, steps: Steps, { startMs, count, errors, durationSumMs }: RedBucket): void {
  if (!steps.isIn(startMs)) return;
  const atMs = steps.startOf(startMs);
  const sum = sums.get(atMs) ?? { count: 0, errors: 0, durationSumMs: 0 };
  sum.count += count;
  sum.errors += errors;
  sum.durationSumMs += durationSumMs;
  sums.set(atMs, sum);
}

/** Without a request nothing is known of their time and their failures (B7). */
function seriesFrom(place: string, sums: ReadonlyMap<number, Sums>): Series[] {
  if (sums.size === 0) return [];
  const timesMs = [...sums.keys()];
  const series = (dimension: string, of: (sum: Sums) => number): Series => ({
    place,
    dimension,
    timesMs,
    values: [...sums.values()].map(of),
  });
  return [
    series("requests", (s) => s.count),
    series("latency", (s) => (s.count > 0 ? s.durationSumMs / s.count : Number.NaN)),
    series("errors", (s) => (s.count > 0 ? s.errors / s.count : Number.NaN)),
  ];
}
