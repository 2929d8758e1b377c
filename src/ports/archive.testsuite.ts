import { describe, expect, it } from "vitest";
import { seriesKey, type SeriesSubject } from "../loop/detection/red.ts";
import { noRows } from "../loop/keeping/row.ts";
import { hostile, logRow, pointRow, redRow, spanRow, thinned, whole } from "./archive.fixture.ts";
import type { Archive } from "./archive.ts";

/** An empty archive to hold to the contract. Its clock stands at `nowMs`. */
export interface ArchiveUnderTest {
  readonly archive: Archive;
  readonly nowMs: number;
}

const cart = { service: "cart", environment: "prod" } as const;
const dayMs = 86_400_000;

/** Writes a whole and a thinned line of each of some days ago. Returns what finds them, as days and tiers. */
async function daysWritten(archive: Archive, nowMs: number, days: readonly number[]) {
  const times = days.map((ago) => nowMs - ago * dayMs);
  await archive.write({
    whole: { ...noRows, logs: times.map((t) => logRow(t, { keptFor: "window" })) },
    thinned: { ...noRows, logs: times.map((t) => logRow(t)) },
  });
  return async (): Promise<string[]> =>
    (await archive.logs({ fromMs: 0, toMs: nowMs, limit: 100 })).rows
      .map((r) => `${Math.round((nowMs - r.timeMs) / dayMs)},${r.keptFor}`)
      .toSorted();
}

export function archiveSuite(name: string, make: () => Promise<ArchiveUnderTest>): void {
  describe(`archive: ${name}`, () => {
    it("gives back rows of each table as they were, oldest first, from the first to before the last", async () => {
      const { archive, nowMs } = await make();
      const range = { fromMs: nowMs - 120_000, toMs: nowMs, limit: 10 };
      const times = [nowMs, nowMs - 30_000, nowMs - 60_000, nowMs - 120_000, nowMs - 180_000];
      const rows = {
        red: times.map((t) => redRow(t)),
        points: times.map((t) => pointRow(t)),
        logs: times.map((t) => logRow(t)),
        spans: times.map((t) => spanRow(t)),
      };
      const written = await archive.write(thinned(rows));
      expect(written.left).toBeUndefined();
      expect(Object.values(written.bytes).every((n) => n > 0)).toBe(true);
      const expected = <R>(of: readonly R[]) => ({ rows: of.slice(1, 4).toReversed(), cut: false, missing: [] });
      const where = { environment: "prod", service: "cart" };
      expect(await archive.red({ ...range, environment: "prod", services: ["cart"] })).toEqual(expected(rows.red));
      expect(await archive.points({ ...range, ...where, name: "queue.depth" })).toEqual(expected(rows.points));
      expect(await archive.logs({ ...range, ...where })).toEqual(expected(rows.logs));
      expect(await archive.spans({ ...range, ...where })).toEqual(expected(rows.spans));
    });

    it("keeps histograms and what is whole beside what is thinned", async () => {
      const { archive, nowMs } = await make();
      const histogram = pointRow(nowMs - 5_000, {
        type: "histogram",
        delta: true,
        startMs: nowMs - 65_000,
        widthMs: 0,
        min: undefined,
        max: undefined,
        sum: undefined,
        last: undefined,
        observations: 3,
        observedSum: 1.5,
        bounds: [0.1, 1],
        counts: [1, 2, 0],
      });
      await archive.write({
        whole: { ...noRows, points: [histogram] },
        thinned: { ...noRows, points: [pointRow(nowMs - 60_000)] },
      });
      const found = await archive.points({
        environment: "prod",
        service: "cart",
        name: "queue.depth",
        fromMs: 0,
        toMs: nowMs,
        limit: 10,
      });
      expect(found.rows).toEqual([pointRow(nowMs - 60_000), histogram]);
    });

    it("never takes one name or environment for another, and no name for a command (I9)", async () => {
      const { archive, nowMs } = await make();
      const at = nowMs - 60_000;
      await archive.write(
        thinned({
          red: [redRow(at, {}, { type: "service", service: hostile, environment: "prod" })],
          logs: [logRow(at, { service: hostile }), logRow(at, { environment: "staging" })],
        }),
      );
      const range = { fromMs: 0, toMs: nowMs, limit: 10 };
      expect((await archive.logs({ ...range, environment: "prod", service: "cart" })).rows).toEqual([]);
      expect((await archive.logs({ ...range, service: hostile })).rows.map((r) => r.service)).toEqual([hostile]);
      expect((await archive.red({ ...range, environment: "prod", services: ["cart"] })).rows).toEqual([]);
      expect((await archive.red({ ...range, environment: "prod", services: [hostile] })).rows).toHaveLength(1);
    });

    it("gives the series that are asked for: all of a service, or one", async () => {
      const { archive, nowMs } = await make();
      const at = nowMs - 60_000;
      const edge = { type: "edge", environment: "prod", edge: { from: "cart", to: "store" } } as const;
      const instance = { type: "instance", ...cart, instance: "cart-1" } as const;
      const subjects: SeriesSubject[] = [{ type: "service", ...cart }, edge, instance];
      await archive.write(thinned({ red: subjects.map((s) => redRow(at, {}, s)) }));
      const range = { fromMs: 0, toMs: nowMs, limit: 10, environment: "prod", services: ["other", "cart"] };
      const series = async (only?: { type: "edge"; other: string }) =>
        (await archive.red({ ...range, ...(only ? { only } : {}) })).rows.map((r) => r.series).toSorted();
      expect(await series()).toEqual(subjects.map(seriesKey).toSorted());
      expect(await series({ type: "edge", other: "store" })).toEqual([seriesKey(edge)]);
      expect(await series({ type: "edge", other: "cart" })).toEqual([]);
    });

    it("sums RED over steps, and says how much of each was seen", async () => {
      const { archive, nowMs } = await make();
      const fromMs = Math.floor(nowMs / 600_000) * 600_000 - 600_000;
      await archive.write(thinned({ red: [0, 60_000, 300_000].map((after) => redRow(fromMs + after)) }));
      const only = { type: "service" } as const;
      const query = { fromMs, toMs: fromMs + 600_000, limit: 10, environment: "prod", services: ["cart"], only };
      const { rows } = await archive.redSteps({ ...query, stepMs: 300_000 });
      expect(rows.map((r) => [r.startMs - fromMs, r.count, r.errors, r.durations[9], r.seen])).toEqual([
        [0, 24, 4, 22, 4],
        [300_000, 12, 2, 11, 2],
      ]);
    });

    it("says when there was more, and gives the newest", async () => {
      const { archive, nowMs } = await make();
      const times = Array.from({ length: 20 }, (_, i) => nowMs - (20 - i) * 1_000);
      await archive.write(thinned({ logs: times.map((t) => logRow(t)) }));
      const { rows, cut } = await archive.logs({ fromMs: 0, toMs: nowMs, limit: 5 });
      expect([rows.map((r) => r.timeMs), cut]).toEqual([times.slice(-5), true]);
    });

    it("finds a trace by its id, errors, and lines by severity", async () => {
      const { archive, nowMs } = await make();
      const at = nowMs - 1_000;
      const other = "11111111111111111111111111111111";
      await archive.write(
        whole({
          spans: [spanRow(at), spanRow(at, { traceId: other, error: true, keptFor: "error" })],
          logs: [logRow(at, { severity: 9 }), logRow(at, { severity: 17, traceId: other })],
        }),
      );
      const range = { fromMs: 0, toMs: nowMs, limit: 10 };
      expect((await archive.spans({ ...range, traceId: other })).rows.map((r) => r.traceId)).toEqual([other]);
      expect((await archive.spans({ ...range, errorsOnly: true })).rows.map((r) => r.traceId)).toEqual([other]);
      expect((await archive.logs({ ...range, severityMin: 13 })).rows.map((r) => r.severity)).toEqual([17]);
      expect((await archive.logs({ ...range, traceId: other })).rows).toHaveLength(1);
    });

    it("forgets by age, what is thinned before what is whole, and then the oldest until the rest fits", async () => {
      const { archive, nowMs } = await make();
      const found = await daysWritten(archive, nowMs, [6, 5, 4, 3, 2, 1]);
      await archive.tidy({ thinnedMs: 2.5 * dayMs, wholeMs: 4.5 * dayMs, bytesMax: 1e9 }, nowMs);
      expect(await found()).toEqual(["1,severe", "1,window", "2,severe", "2,window", "3,window", "4,window"]);
      const { bytes, removed } = archive.state();
      expect(removed).toBe(6);
      await archive.tidy({ thinnedMs: 2.5 * dayMs, wholeMs: 4.5 * dayMs, bytesMax: bytes - 1 }, nowMs);
      expect(await found()).toEqual(["1,severe", "1,window", "2,severe", "2,window", "3,window"]);
      expect(archive.state().bytes).toBeLessThan(bytes);
    });

    it("keeps what it has when the clock is a year ahead, also when telemetry shares that clock, and says so", async () => {
      const { archive, nowMs } = await make();
      const found = await daysWritten(archive, nowMs, [3, 2, 1]);
      const kept = await found();
      const aheadMs = nowMs + 365 * dayMs;
      const retention = { thinnedMs: 30 * dayMs, wholeMs: 90 * dayMs, bytesMax: 1e9 };
      await archive.tidy(retention, aheadMs);
      expect(archive.state().troubles).toEqual([expect.stringContaining("far ahead of the telemetry: 6 files stay")]);
      await archive.write(thinned({ logs: [logRow(aheadMs - 1)] }));
      await archive.tidy(retention, aheadMs);
      expect([await found(), archive.state().removed]).toEqual([kept, 0]);
      await archive.tidy({ ...retention, bytesMax: 1 }, aheadMs);
      expect(archive.state()).toMatchObject({ files: 0, bytes: 0 });
      await archive.tidy(retention, nowMs);
      expect(archive.state().troubles).toEqual([]);
    });

    it("forgets nothing by age when an age has no end", async () => {
      const { archive, nowMs } = await make();
      const found = await daysWritten(archive, nowMs, [300, 299]);
      await archive.tidy({ thinnedMs: Infinity, wholeMs: Infinity, bytesMax: 1e9 }, nowMs);
      expect([(await found()).length, archive.state().troubles]).toEqual([4, []]);
    });

    it("joins the files of an hour that ended, and loses nothing by it", async () => {
      const { archive, nowMs } = await make();
      const at = nowMs - 3 * 3_600_000;
      for (let i = 0; i < 5; i++)
        await archive.write(thinned({ spans: [spanRow(at + i)], points: [pointRow(at + i)] }));
      const before = await archive.spans({ fromMs: 0, toMs: nowMs, limit: 10 });
      await archive.tidy({ thinnedMs: 1e12, wholeMs: 1e12, bytesMax: 1e12 }, nowMs);
      expect(archive.state()).toMatchObject({ files: 2, setAside: 0, troubles: [] });
      expect(await archive.spans({ fromMs: 0, toMs: nowMs, limit: 10 })).toEqual(before);
      expect(before.rows).toHaveLength(5);
    });

    it("answers nothing for a time that is none", async () => {
      const { archive, nowMs } = await make();
      expect(await archive.logs({ fromMs: nowMs, toMs: nowMs, limit: 10 })).toEqual({
        rows: [],
        cut: false,
        missing: [],
      });
    });
  });
}
