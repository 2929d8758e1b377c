import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSeries } from "./read-series.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "series-"));
});
afterAll(() => rm(dir, { recursive: true }));

async function reading(text: string | Buffer, name = "x.csv") {
  await writeFile(join(dir, name), text);
  return readSeries(join(dir, name));
}

const t0 = Date.parse("2026-11-01T10:00:00Z");

test("times are read in every usual form", async () => {
  for (const time of [
    "2026-11-01 10:00:00",
    "2026-11-01T10:00:00Z",
    "2026-11-01T11:00:00+01:00",
    "2026-11-01 10:00:00+00",
    "2026-11-01 10:00:00 UTC",
    String(t0),
    String(t0 / 1000),
  ])
    expect((await reading(`timestamp,value\n${time},5\n`)).series).toEqual([
      { name: "value", atMs: [t0], values: [5] },
    ]);
});

test("rows in any order are read in order of time, and a time that has no date is named", async () => {
  const { series, unreadable } = await reading(
    `at,cpu\n${t0 + 2_000},3\n${t0},1\n1761991200000000000,9\n${t0 + 1_000},2\n`,
  );
  expect(series[0]?.values).toEqual([1, 2, 3]);
  expect(unreadable).toEqual(["line 4, at: `1761991200000000000`"]);
});

test("a file without names, packed, with many columns", async () => {
  const { series } = await reading(gzipSync(`${t0},1,2\n${t0 + 1000},3,\n`), "x.csv.gz");
  expect(series.map((s) => [s.name, s.values])).toEqual([
    ["column 2", [1, 3]],
    ["column 3", [2, Number.NaN]],
  ]);
});

test("what cannot be read is named with its place, and unknown rather than zero", async () => {
  const { series, unreadable, unreadableCount } = await reading(`at,cpu\n${t0},x\nyesterday,4\n${t0 + 1},7\n`);
  expect(series[0]?.values).toEqual([Number.NaN, 7]);
  expect(unreadable).toEqual(["line 3, at: `yesterday`", "line 2, cpu: `x`"]);
  expect(unreadableCount).toBe(2);
});

test.each([
  ["", "has no series"],
  ["just text", "has no series"],
  [`at,cpu\n"${t0},5`, "is no CSV file"],
  [gzipSync("x").subarray(0, 8), "is no CSV file"],
])("a file that is none says so: %j", async (text, why) => {
  await expect(reading(text, typeof text === "string" ? "x.csv" : "x.csv.gz")).rejects.toThrow(why);
});

test("a file that is not there is named", () => expect(readSeries(join(dir, "nowhere.csv"))).rejects.toThrow("ENOENT"));
