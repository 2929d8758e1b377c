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
    `${t0}000`,
    `${t0}000000`,
    "1.7935272e9",
    "2026/11/01 10:00",
    "20261101T100000Z",
    "01/Nov/2026:10:00:00 +0000",
    '"Sun, 01 Nov 2026 10:00:00 GMT"',
    '"2026-11-01 10:00:00,000"',
  ])
    expect((await reading(`timestamp,value\n${time},5\n`)).series).toEqual([
      { name: "value", column: "value", labels: {}, atMs: [t0], values: [5] },
    ]);
});

test("rows in any order are read in order of time, and a time that has no date is named", async () => {
  const { series, unreadable } = await reading(`at,cpu\n${t0 + 2_000},3\n${t0},1\n1e300,9\n${t0 + 1_000},2\n`);
  expect(series[0]?.values).toEqual([1, 2, 3]);
  expect(unreadable).toEqual(["line 4, at: `1e300`"]);
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

test("the column of times is found wherever it stands, and whatever it is called", async () => {
  for (const text of [
    `cpu,timestamp\n5,${t0}\n6,${t0 + 1000}\n`,
    `cpu;Zeit\n5;2026-11-01 10:00:00\n6;2026-11-01 10:00:01\n`,
    `cpu,at\n5,20261101100000\n6,20261101100001\n`,
    `5\t2026-11-01T10:00:00Z\r\n6\t2026-11-01T10:00:01Z\r\n`,
    `\uFEFF"cpu"|"ts"\r\n"5"|"${t0}"\r\n"6"|"${t0 + 1000}"\r\n`,
    `# made by hand\n# cpu, at\n5,${t0}\n6,${t0 + 1000}\n`,
    Buffer.from(`\uFEFFcpu\ttime\n5\t${t0}\n6\t${t0 + 1000}\n`, "utf16le"),
  ])
    expect((await reading(text)).series).toMatchObject([{ atMs: [t0, t0 + 1000], values: [5, 6] }]);
});

test("numbers that look like times are none where a column has the dates, or the name", async () => {
  const { series } = await reading(`bytes,since,x\n1793527200,${t0},2026-11-01\n1793527100,${t0},2026-11-02\n`);
  expect(series.map((s) => s.name)).toEqual(["bytes", "since"]);
  const named = await reading(`bytes,time\n1793527200,0\n1793527300,60\n`);
  expect(named.series).toMatchObject([{ name: "bytes", atMs: [0, 60_000] }]);
});

test("columns of texts tell series apart: one row a name, or one a host", async () => {
  const long = await reading(
    `time,metric,host,value\n${t0},cpu,a,1\n${t0},mem,a,2\n${t0},cpu,b,3\n${t0 + 1},cpu,a,4\n`,
  );
  expect(long.series.map((s) => [s.name, s.values])).toEqual([
    ["cpu{host=a}", [1, 4]],
    ["mem{host=a}", [2]],
    ["cpu{host=b}", [3]],
  ]);
  const wide = await reading(`time,region,host,cpu,mem\n${t0},eu,a,1,2\n${t0},eu,b,3,\n`);
  expect(wide.series.map((s) => [s.name, s.values])).toEqual([
    ["cpu{host=a}", [1]],
    ["mem{host=a}", [2]],
    ["cpu{host=b}", [3]],
  ]);
});

test("columns that tell no series apart are named, and others can be asked for", async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${t0 + i},${i % 2 ? 200 : 500},request ${i} failed,${i}`);
  const text = `time,status,message,many\n${rows.join("\n")}\n`;
  const { series, ignored } = await reading(text);
  expect(ignored).toEqual(["`message`: its texts are nearly all different"]);
  expect(series.map((s) => s.name)).toEqual(["status", "many"]);
  await writeFile(join(dir, "x.csv"), text);
  const by = await readSeries(join(dir, "x.csv"), { by: ["status"] });
  expect(by.series.map((s) => s.name)).toEqual(["many{status=500}", "many{status=200}"]);
  await expect(readSeries(join(dir, "x.csv"), { time: "when" })).rejects.toThrow("no column `when`: it has `time`");
});

test("numbers as people write them", async () => {
  const european = await reading(`Zeit;Wert\n${t0};1.234,5\n${t0 + 1};0,5\n`);
  expect(european.series[0]?.values).toEqual([1234.5, 0.5]);
  const { series, unreadable } = await reading(
    `at,cpu\n${t0},"1,234"\n${t0 + 1},NULL\n${t0 + 2},12%\n${t0 + 3},0x1f\n${t0 + 4},3\n`,
  );
  expect(series[0]?.values).toEqual([1234, Number.NaN, Number.NaN, Number.NaN, 3]);
  expect(unreadable).toEqual(["line 4, cpu: `12%`", "line 5, cpu: `0x1f`"]);
});

test("lines are counted as an editor counts them, whatever is blank or a comment", async () => {
  const { unreadable } = await reading(`at,cpu\n\n\n${t0},1\n# so far\n , \n${t0 + 1},x\n${t0 + 2},2\n`);
  expect(unreadable).toEqual(["line 7, cpu: `x`"]);
});

test.each([
  ["", "has no series"],
  ["just text", "has no series"],
  ["a,b\nx,1\ny,2\n", "has no column of times"],
  ["day,b\n01/11/2026,1\n02/11/2026,2\n", "whose day and month nobody can tell apart"],
  ["time,cpu\n", "has names of columns and no rows"],
  [`at,host\n${t0},a\n${t0 + 1},b\n`, "no column beside `at` holds numbers"],
  [`at,cpu\n\n${t0},1\n"${t0},5\n7,8\n`, "x.csv:4: is no CSV file: a quote is opened and never closed"],
  [`at,cpu\n\n${t0},1\n${t0},5"x\n`, "x.csv:4: is no CSV file: a quote stands inside of a text"],
  [gzipSync("x").subarray(0, 8), "cannot be unpacked: it is damaged"],
])("a file that is none says so: %j", async (text, why) => {
  await expect(reading(text, typeof text === "string" ? "x.csv" : "x.csv.gz")).rejects.toThrow(why);
});

test("a file that is not there is named", () => expect(readSeries(join(dir, "nowhere.csv"))).rejects.toThrow("ENOENT"));
