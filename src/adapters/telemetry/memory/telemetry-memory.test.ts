import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Edge } from "../../../loop/detection/finding.ts";
import { mergeBuckets } from "../../../loop/detection/merge-buckets.ts";
import { durationBoundsMs, type RedBucket } from "../../../loop/detection/red.ts";
import { sampleBucket, telemetrySuite } from "../../../ports/telemetry.testsuite.ts";
import { createPackedSlot } from "./packed-slot.ts";
import { createTelemetryMemory, type TelemetryMemoryOptions } from "./telemetry-memory.ts";

const nowMs = 10_000_000;
const cart = { type: "service", service: "cart", environment: "prod" } as const;

/** Buckets others shared, merged as a window store does. */
function given(options: Partial<TelemetryMemoryOptions> = {}) {
  let shared: RedBucket[] = [];
  const calls: { edge: Edge; environment: string; atMs: number }[] = [];
  const clock = { now: nowMs, nowMs: () => clock.now };
  const memory = createTelemetryMemory({
    clock,
    windows: {
      read: (series, fromMs, toMs) =>
        Promise.resolve(shared.filter((b) => series.includes(b.series) && b.startMs >= fromMs && b.startMs < toMs)),
    },
    edges: (environment, withinMs) => {
      const recent = calls.filter((c) => c.environment === environment && c.atMs > clock.now - withinMs);
      return [...new Map(recent.map((c) => [`${c.edge.from} ${c.edge.to}`, c.edge])).values()];
    },
    ...options,
  });
  const share = (buckets: readonly RedBucket[]) => (shared = mergeBuckets([...shared, ...buckets]));
  return { memory, clock, share, calls };
}

telemetrySuite("memory", () => {
  const { memory, share, calls } = given();
  return Promise.resolve({
    reader: memory.reader,
    nowMs,
    see: (buckets) => Promise.resolve(memory.put(buckets)),
    seeElsewhere: (buckets) => Promise.resolve(void share(buckets)),
    call: (edge, environment, atMs) => Promise.resolve(void calls.push({ edge, environment, atMs })),
  });
});

describe("telemetry in memory", () => {
  it("counts no request twice when this controller's own part is in the shared windows", async () => {
    const { memory, share } = given();
    const own = sampleBucket(cart, nowMs - 10_000, { count: 4 });
    memory.put([own]);
    share([own, { ...own, count: 2 }]);
    const [read] = await memory.reader.service("cart", "prod", 0, nowMs);
    expect(read?.count).toBe(6);
  });

  it("lets go of a time that a clock made up, before that time comes", async () => {
    const { memory, clock } = given();
    clock.now = nowMs + 305_000;
    memory.put([sampleBucket(cart, nowMs + 300_000, { count: 9 })]);
    clock.now = nowMs;
    memory.put([sampleBucket(cart, nowMs - 5_000, { count: 1 })]);
    const read = await memory.reader.service("cart", "prod", 0, Infinity);
    expect(read.map((b) => b.count)).toEqual([1]);
  });

  it("keeps its own fuller view until the shared one has caught up", async () => {
    const { memory, share } = given();
    const own = sampleBucket(cart, nowMs - 10_000, { count: 9 });
    memory.put([own]);
    share([{ ...own, count: 2 }]);
    expect(await memory.reader.service("cart", "prod", 0, nowMs)).toEqual([own]);
  });

  it("forgets after the time it keeps, series and all, and does not call that pushed out", async () => {
    const { memory, clock } = given({ keptMs: 60_000 });
    memory.put([sampleBucket(cart, nowMs - 10_000)]);
    clock.now += 60_000;
    memory.put([sampleBucket({ ...cart, service: "payment" }, clock.now - 10_000)]);
    expect(await memory.reader.service("cart", "prod", 0, clock.now)).toEqual([]);
    expect(memory.stats()).toEqual({ bucketsHeld: 1, bucketsPushedOut: 0 });
  });

  it("lets the oldest go when there are too many, and counts them (I11)", async () => {
    const { memory } = given({ bucketsMax: 3 });
    const starts = [25_000, 20_000, 15_000, 10_000, 5_000].map((ago) => nowMs - ago);
    memory.put(starts.map((startMs) => sampleBucket(cart, startMs)));
    const read = await memory.reader.service("cart", "prod", 0, nowMs);
    expect(read.map((b) => b.startMs)).toEqual(starts.slice(2));
    expect(memory.stats()).toEqual({ bucketsHeld: 3, bucketsPushedOut: 2 });
  });

  it("replaces a bucket that is told again", async () => {
    const { memory } = given();
    memory.put([sampleBucket(cart, nowMs - 5_000), sampleBucket(cart, nowMs - 5_000, { count: 8 })]);
    expect((await memory.reader.service("cart", "prod", 0, nowMs)).map((b) => b.count)).toEqual([8]);
    expect(memory.stats()["bucketsHeld"]).toBe(1);
  });

  it("unpacks what it packed, whatever the histogram", () => {
    const length = durationBoundsMs.length + 1;
    const histogram = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat() }), {
      minLength: length,
      maxLength: length,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(), histogram), { maxLength: 30 }), (rows) => {
        const slot = createPackedSlot(5_000);
        const buckets = rows.map(([count, errors, durations], i) =>
          sampleBucket({ ...cart, service: `s${i}` }, 5_000, { count, errors, durations }),
        );
        for (const bucket of buckets) slot.put(bucket);
        expect(buckets.map((b) => slot.get(b.series))).toEqual(buckets);
      }),
    );
  });
});
