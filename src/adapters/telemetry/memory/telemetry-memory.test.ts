import { describe, expect, it } from "vitest";
import type { Edge } from "../../../loop/detection/finding.ts";
import { mergeBuckets } from "../../../loop/detection/merge-buckets.ts";
import type { RedBucket } from "../../../loop/detection/red.ts";
import { sampleBucket, telemetrySuite } from "../../../ports/telemetry.testsuite.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import { createTelemetryMemory } from "./telemetry-memory.ts";

const nowMs = 10_000_000;
const cart = { type: "service", service: "cart", environment: "prod" } as const;

/** Telemetry of this controller, the windows it shares with others, and the calls it saw. */
function given() {
  const { windows } = createMemoryStore({ nowMs: () => nowMs });
  const calls: { edge: Edge; environment: string; atMs: number }[] = [];
  const edges = (environment: string, withinMs: number): Edge[] => {
    const recent = calls.filter((c) => c.environment === environment && c.atMs > nowMs - withinMs);
    return [...new Map(recent.map((c) => [JSON.stringify(c.edge), c.edge])).values()];
  };
  return { memory: createTelemetryMemory({ windows, edges }), windows, calls };
}

telemetrySuite("memory", () => {
  const { memory, windows, calls } = given();
  return Promise.resolve({
    reader: memory.reader,
    nowMs,
    see: (buckets) => Promise.resolve(memory.put(buckets)),
    seeElsewhere: (buckets) => windows.put("another", buckets),
    call: (edge, environment, atMs) => Promise.resolve(void calls.push({ edge, environment, atMs })),
  });
});

describe("telemetry in memory", () => {
  const own: RedBucket = sampleBucket(cart, nowMs - 10_000, { count: 4 });

  it("counts no request twice when this controller shared its own part too", async () => {
    const { memory, windows } = given();
    memory.put([own]);
    await windows.put("this one", [own]);
    await windows.put("another", [{ ...own, count: 2 }]);
    const read = await memory.reader.service("cart", "prod", 0, nowMs);
    expect(read).toEqual(mergeBuckets([own, { ...own, count: 2 }]));
  });

  it("keeps its own fuller view until the shared one has caught up", async () => {
    const { memory, windows } = given();
    memory.put([own]);
    await windows.put("another", [{ ...own, count: 2 }]);
    expect(await memory.reader.service("cart", "prod", 0, nowMs)).toEqual([own]);
  });

  it("forgets what is older than half an hour, and series of which nothing is left", async () => {
    const { memory } = given();
    memory.put([own]);
    memory.put([sampleBucket({ ...cart, service: "payment" }, nowMs + 30 * 60_000)]);
    expect(await memory.reader.all(["cart"], "prod", 0, 2 * nowMs)).toEqual([]);
    expect(memory.stats().series).toBe(1);
  });

  it("refuses and counts series beyond the most it keeps, and goes on with those it has (I11)", async () => {
    const { memory } = given();
    const many = Array.from({ length: 20_000 }, (_, i) => sampleBucket({ ...cart, service: `s${i}` }, nowMs - 10_000));
    memory.put(many);
    memory.put([own, sampleBucket({ ...cart, service: "s0" }, nowMs - 5_000)]);
    expect(memory.stats()).toEqual({ series: 20_000, refused: 1 });
    expect(await memory.reader.service("cart", "prod", 0, nowMs)).toEqual([]);
    expect(await memory.reader.service("s0", "prod", 0, nowMs)).toHaveLength(2);
  });
});
