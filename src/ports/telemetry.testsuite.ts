import { describe, expect, it } from "vitest";
import type { Edge } from "../loop/detection/finding.ts";
import { durationBoundsMs, seriesKey, type RedBucket, type SeriesSubject } from "../loop/detection/red.ts";
import type { TelemetryReader } from "./telemetry.ts";

/** A reader to hold to the contract, and the ways telemetry reaches it. Its clock stands at `nowMs`. */
export interface TelemetryUnderTest {
  readonly reader: TelemetryReader;
  readonly nowMs: number;
  /** Complete buckets reach this controller. */
  readonly see: (buckets: readonly RedBucket[]) => Promise<void>;
  /** Another controller shares complete buckets. */
  readonly seeElsewhere: (buckets: readonly RedBucket[]) => Promise<void>;
  /** A call over this edge ended at `atMs`. */
  readonly call: (edge: Edge, environment: string, atMs: number) => Promise<void>;
}

export const sampleBucket = (subject: SeriesSubject, startMs: number, over: Partial<RedBucket> = {}): RedBucket => ({
  series: seriesKey(subject),
  startMs,
  count: 3,
  errors: 1,
  ownErrors: 1,
  durationSumMs: 70.25,
  durations: Array.from({ length: durationBoundsMs.length + 1 }, (_, i) => (i === 9 ? 2 : i === 14 ? 1 : 0)),
  ...over,
});

const cart = { type: "service", service: "cart", environment: "prod" } as const;
const edge = { from: "checkout", to: "cart" } as const;

export function telemetrySuite(name: string, make: () => Promise<TelemetryUnderTest>): void {
  describe(`telemetry reader: ${name}`, () => {
    it("gives a service's buckets from the first to before the last, oldest first, as they were", async () => {
      const { reader, see, nowMs } = await make();
      const starts = [30_000, 25_000, 20_000, 15_000].map((ago) => nowMs - ago);
      const buckets = starts.map((startMs, i) => sampleBucket(cart, startMs, { count: 3 + i, errors: i }));
      await see(buckets.toReversed());
      expect(await reader.service("cart", "prod", nowMs - 25_000, nowMs - 15_000)).toEqual(buckets.slice(1, 3));
    });

    it("leaves out what was not seen, and keeps what was seen without requests: nothing is not unknown (B7)", async () => {
      const { reader, see, nowMs } = await make();
      const none = {
        count: 0,
        errors: 0,
        ownErrors: 0,
        durationSumMs: 0,
        durations: durationBoundsMs.map(() => 0).concat(0),
      };
      const idle = sampleBucket(cart, nowMs - 20_000, none);
      await see([idle]);
      expect(await reader.service("cart", "prod", nowMs - 60_000, nowMs)).toEqual([idle]);
      expect(await reader.service("payment", "prod", nowMs - 60_000, nowMs)).toEqual([]);
    });

    it("never takes one environment or name for another", async () => {
      const { reader, see, nowMs } = await make();
      await see([sampleBucket({ ...cart, environment: "staging" }, nowMs - 10_000)]);
      await see([sampleBucket({ ...cart, service: 'cart","x' }, nowMs - 10_000)]);
      expect(await reader.service("cart", "prod", 0, nowMs)).toEqual([]);
      expect(await reader.all(["cart"], "prod", 0, nowMs)).toEqual([]);
    });

    it("gives calls over an edge as the caller saw them, not the other way round", async () => {
      const { reader, see, nowMs } = await make();
      const over = sampleBucket({ type: "edge", edge, environment: "prod" }, nowMs - 10_000);
      await see([over, sampleBucket(cart, nowMs - 10_000)]);
      expect(await reader.edge(edge, "prod", 0, nowMs)).toEqual([over]);
      expect(await reader.edge({ from: "cart", to: "checkout" }, "prod", 0, nowMs)).toEqual([]);
    });

    it("gives all series of the services asked for: their own, instances, versions, and edges out of them", async () => {
      const { reader, see, nowMs } = await make();
      const at = nowMs - 10_000;
      const of = { service: "checkout", environment: "prod" };
      const mine = [
        sampleBucket({ type: "service", ...of }, at),
        sampleBucket({ type: "instance", ...of, instance: "checkout-1" }, at),
        sampleBucket({ type: "version", ...of, version: "1.2.0" }, at),
        sampleBucket({ type: "edge", edge, environment: "prod" }, at),
      ];
      const others = [
        sampleBucket(cart, at),
        sampleBucket({ type: "edge", edge: { from: "gateway", to: "checkout" }, environment: "prod" }, at),
      ];
      await see([...mine, ...others]);
      const found = await reader.all(["checkout"], "prod", 0, nowMs);
      expect(found.map((b) => b.series).toSorted()).toEqual(mine.map((b) => b.series).toSorted());
    });

    it("knows what only another controller saw", async () => {
      const { reader, seeElsewhere, nowMs } = await make();
      const bucket = sampleBucket(cart, nowMs - 10_000);
      await seeElsewhere([bucket]);
      expect(await reader.service("cart", "prod", 0, nowMs)).toEqual([bucket]);
      expect(await reader.all(["cart"], "prod", 0, nowMs)).toEqual([bucket]);
    });

    it("gives the edges called lately, each once, of one environment", async () => {
      const { reader, call, nowMs } = await make();
      await call(edge, "prod", nowMs - 300_000);
      await call(edge, "prod", nowMs - 8_000);
      await call({ from: "gateway", to: "cart" }, "prod", nowMs - 200_000);
      await call({ from: "gateway", to: "catalogue" }, "staging", nowMs - 8_000);
      expect(await reader.edges("prod", 60_000)).toEqual([edge]);
      expect((await reader.edges("prod", 600_000)).map((e) => e.from).toSorted()).toEqual(["checkout", "gateway"]);
    });
  });
}
