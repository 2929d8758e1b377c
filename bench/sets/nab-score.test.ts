import { expect, test } from "vitest";
import { nabProfiles, normalize, probation, scoreSeries, type NabProfile } from "./nab-score.ts";

const windows = [
  { first: 200, last: 299 },
  { first: 500, last: 599 },
];
const at = (...rows: number[]): boolean[] => Array.from({ length: 1_000 }, (_, row) => rows.includes(row));
const scored = (detected: boolean[], profile: NabProfile = nabProfiles.standard): number =>
  normalize(scoreSeries(detected, windows, profile), windows.length, profile);

test("gives 0 for silence and 100 for the first row of each window, in each profile", () => {
  for (const profile of Object.values(nabProfiles)) {
    expect(scored(at(), profile)).toBeCloseTo(0, 9);
    expect(scored(at(200, 500), profile)).toBeCloseTo(100, 9);
  }
});

test("counts the best detection of a window, and more the earlier it is", () => {
  expect(scored(at(200, 250, 299, 500))).toBeCloseTo(100, 9);
  expect(scored(at(250, 500))).toBeLessThan(scored(at(225, 500)));
});

test("takes a false detection off by how far behind a window it is", () => {
  expect(scoreSeries(at(160), windows, nabProfiles.standard)).toBeCloseTo(-2 - 0.11, 9);
  expect(scoreSeries(at(300), windows, nabProfiles.standard)).toBeGreaterThan(-2 - 0.01);
  expect(scoreSeries(at(998), windows, nabProfiles.lowFP)).toBeCloseTo(-2 - 0.22, 6);
});

test("leaves the first rows out", () => {
  expect([probation(1_000), probation(100_000)]).toEqual([150, 750]);
  expect(scoreSeries(at(149), windows, nabProfiles.standard)).toBe(-2);
});
