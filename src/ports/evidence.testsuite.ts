import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AdapterError } from "./adapter-error.ts";
import { evidenceLimits, type EvidenceSource } from "./evidence.ts";

/** A source to hold to the contract. Its newest samples may be 4 s old, and it knows what `suiteMetrics` says each second. */
export interface EvidenceUnderTest {
  readonly source: EvidenceSource;
  stop(): Promise<void>;
}

/** How long after it came a sample is older than what the source takes for now. */
const settledMs = 6_000;

/** What the store under test has to be told at its `nth` look, from 1 on, in Prometheus' text format. */
export function suiteMetrics(nth: number, nowMs: number): string {
  const many = Array.from({ length: evidenceLimits.seriesMax + 1 }, (_, i) => `many{n="${i}"} 1`);
  // With a time of its own, it goes on being the newest sample for minutes after their last one.
  const fleeting = nth <= 2 ? [`fleeting{from="start"} 7 ${nowMs}`] : [];
  return [
    'depth{queue="in"} 3',
    'depth{queue="out",note="a \\"quoted\\" \\\\ line\\nmore, mail to jo@example.com"} 7.5',
    `ticks_total ${nth}`,
    "strange NaN",
    "endless +Inf",
    ...fleeting,
    ...many,
    "",
  ].join("\n");
}

export function evidenceSuite(name: string, make: () => Promise<EvidenceUnderTest>): void {
  describe(`evidence: ${name}`, () => {
    let under: EvidenceUnderTest;
    beforeAll(async () => {
      under = await make();
      while ((await at("max_over_time(fleeting[1m])")).series.length === 0) await sleep(200);
      await sleep(settledMs);
    });
    afterAll(() => under?.stop());
    const at = (query: string) => under.source.at(query, Date.now());
    const valuesOf = async (query: string) => (await at(query)).series.map((s) => s.points.map((p) => p.value));
    const codeOf = (answer: Promise<unknown>) =>
      answer.then(
        () => "answered",
        (error: unknown) => (error instanceof AdapterError ? { code: error.code, retryable: error.retryable } : error),
      );

    it("gives each series with its labels and value at a moment", async () => {
      const nowMs = Date.now();
      const { series, unknown, warnings } = await under.source.at('depth{queue="in"}', nowMs);
      expect(series).toEqual([
        { labels: expect.objectContaining({ queue: "in" }), points: [{ atMs: nowMs, value: 3 }] },
      ]);
      expect([unknown, warnings]).toEqual([0, []]);
      expect(await valuesOf("sum(depth)")).toEqual([[10.5]]);
      expect(await valuesOf("2 * 3")).toEqual([[6]]);
    });

    it("redacts labels, and keeps each on one line (I9, I10)", async () => {
      const { series } = await at('depth{queue="out"}');
      expect(series[0]?.labels["note"]).toMatch(/^a "quoted" \\ line more, mail to \[redacted/);
    });

    it("gives every moment of a window that is known, oldest first", async () => {
      const toMs = Math.floor(Date.now() / 1_000) * 1_000;
      const { series } = await under.source.over("ticks_total", { fromMs: toMs - 3_000, toMs, stepMs: 1_000 });
      const points = series[0]?.points ?? [];
      expect(points.map((p) => p.atMs - toMs)).toEqual([-3_000, -2_000, -1_000, 0]);
      expect(points.map((p) => p.value)).toEqual(points.map((p) => p.value).toSorted((a, b) => a - b));
      const early = await under.source.over("ticks_total", {
        fromMs: toMs - 600_000,
        toMs: toMs - 300_000,
        stepMs: 10_000,
      });
      expect(early.series).toEqual([]);
    });

    it("gives nothing for what it does not know: no zero (B7)", async () => {
      expect(await at("nobody_counts_this")).toMatchObject({ series: [], unknown: 0 });
      expect(await valuesOf("sum(nobody_counts_this)")).toEqual([]);
    });

    it("leaves out what is no finite number, and counts it (B7)", async () => {
      expect(await at("strange")).toMatchObject({ series: [], unknown: 1 });
      expect(await at("endless")).toMatchObject({ series: [], unknown: 1 });
      expect(await at("vector(0) / 0")).toMatchObject({ series: [], unknown: 1 });
    });

    it("takes no sample for now that is older than its age allows (B7)", async () => {
      expect(await valuesOf("fleeting")).toEqual([]);
      expect(await valuesOf("sum(fleeting) or vector(1)")).toEqual([[1]]);
      expect(await valuesOf("max_over_time(fleeting[1m])"), "who asks for a range gets it").toEqual([[7]]);
      const [[last = 0] = []] = await valuesOf("max_over_time(timestamp(fleeting)[1m:1s])");
      const then = await under.source.at("fleeting", last * 1_000 + 500);
      expect(then.series[0]?.points[0]?.value, "it was fresh then").toBe(7);
    });

    it("refuses more series than the limit, rather than showing a part (I11)", async () => {
      expect(await codeOf(at("many"))).toEqual({ code: "too-much", retryable: false });
      expect(await valuesOf("count(many)")).toEqual([[evidenceLimits.seriesMax + 1]]);
    });

    it("refuses more moments than the limit, and a window that is none", async () => {
      const toMs = Date.now();
      const over = (fromMs: number, stepMs: number) => codeOf(under.source.over("depth", { fromMs, toMs, stepMs }));
      expect(await over(toMs - 3_600_000, 1_000)).toEqual({ code: "too-much", retryable: false });
      expect(await over(toMs + 1, 1_000)).toEqual({ code: "too-much", retryable: false });
      expect(await over(toMs - 1_000, 0)).toEqual({ code: "too-much", retryable: false });
    });

    it("refuses what is no query for good", async () => {
      for (const query of ["sum(rate(", "", "rate(depth)", "depth[5m]", '"text"'])
        expect(await codeOf(at(query)), query).toEqual({ code: "bad-query", retryable: false });
    });

    it("says how far back a query looks, with the age newest samples may have", () => {
      const { source } = under;
      expect(source.reachMs("sum(rate(ticks_total[30s] offset 10s))")).toBe(40_000);
      expect(source.reachMs("depth")).toBe(4_000);
      expect(source.reachMs("vector(1)")).toBe(0);
      expect(source.reachMs("depth @ 0")).toBeUndefined();
      expect(source.reachMs("sum(")).toBeUndefined();
    });
  });
}
