import { parseArgs } from "node:util";
import { createDetector } from "../src/loop/detection/detector.ts";
import { durationBoundsMs, seriesKey, type RedBucket } from "../src/loop/detection/red.ts";

/** Memory that watching one series costs, with 100,000 service series that each have requests in every bucket. */
const { values } = parseArgs({
  options: { series: { type: "string", default: "100000" }, json: { type: "boolean", default: false } },
});
const many = Number(values.series);
if (!Number.isInteger(many) || many < 1)
  throw new Error(`\`${values.series}\` is not a number of series, give 1 or more`);

const startMs = 1_700_000_000_000;
const buckets = 8;
const keys = Array.from({ length: many }, (_, i) =>
  seriesKey({ type: "service", service: `service-${i}`, environment: "bench" }),
);

const bucketOf = (series: string, at: number): RedBucket => ({
  series,
  startMs: startMs + at * 5_000,
  count: 20,
  errors: 0,
  ownErrors: 0,
  durationSumMs: 800,
  durations: Array.from({ length: durationBoundsMs.length + 1 }, (_, i) => (i === 12 ? 19 : i === 17 ? 1 : 0)),
});

function usedBytes(): number {
  global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const beforeBytes = usedBytes();
const detector = createDetector({ seriesMax: 2 * many });
const startedMs = performance.now();
for (let at = 0; at < buckets; at++) {
  for (const key of keys) detector.ingestBuckets([bucketOf(key, at)]);
  detector.tick(startMs + at * 5_000 + 8_000);
}
const elapsedMs = performance.now() - startedMs;
const totalBytes = usedBytes() - beforeBytes;
const result = {
  benchmark: "series-memory",
  series: detector.stats().seriesWatched,
  bytesPerSeries: Math.round(totalBytes / many),
  totalMegabytes: Math.round(totalBytes / 1e6),
  microsecondsPerBucket: Number(((elapsedMs * 1000) / (many * buckets)).toFixed(2)),
  collected: global.gc !== undefined,
};
console.log(
  values.json
    ? JSON.stringify(result)
    : `${result.series} series: ${result.bytesPerSeries} bytes each, ${result.totalMegabytes} MB in all, ${result.microsecondsPerBucket} µs a bucket${result.collected ? "" : " (run with --expose-gc for exact numbers)"}`,
);
