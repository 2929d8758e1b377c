import fc from "fast-check";
import { expect, test } from "vitest";
import { learnHistory } from "./learn-history.ts";
import { chance, minuteMs, noise, play, played, startMs } from "./made-series.testsuite.ts";
import { createSeriesDetector } from "./series-detector.ts";
import { restoreSeries, snapshotSeries, type SeriesSnapshot } from "./series-snapshot.ts";

const next = chance(5);
const repeating = Array.from(
  { length: 3_000 },
  (_, i) => 10 + 5 * Math.sin(i / 20) + next() + (i % 700 === 0 ? 50 : 0),
);
const restored = (snapshot: SeriesSnapshot) => restoreSeries(JSON.parse(JSON.stringify(snapshot)) as SeriesSnapshot);

test("a restored detector says what the one that was written down would have said", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: repeating.length }), (many) => {
      const detector = played(repeating.slice(0, many));
      const copy = restored(snapshotSeries(detector)) ?? createSeriesDetector();
      expect(copy).toEqual(detector);
      expect(play(copy, repeating.slice(many, many + 300))).toEqual(play(detector, repeating.slice(many, many + 300)));
    }),
    { numRuns: 20 },
  );
});

test("restores nothing from what is broken or of another version", () => {
  const good = snapshotSeries(played(repeating));
  expect(restoreSeries({ ...good, v: 2 as 1 })).toBeUndefined();
  expect(restoreSeries({ v: 1, state: { points: 3 } })).toBeUndefined();
  const short = JSON.parse(JSON.stringify(good)) as { v: 1; state: { rare: { peaks: string } } };
  short.state.rare.peaks = "AAAA";
  expect(restoreSeries(short)).toBeUndefined();
});

test("a history learned is as good as having been there", () => {
  const values = noise(1_000, 3, 1);
  const warm = learnHistory(
    values.map((_, i) => startMs + i * minuteMs),
    values,
  );
  expect(warm).toEqual(played(values));
  expect(() => learnHistory([1], [])).toThrow("1 times do not go with 0 values");
});
