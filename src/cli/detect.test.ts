import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../kernel/random.ts";

const run = promisify(execFile);
const main = fileURLToPath(new URL("main.ts", import.meta.url));
let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "detect-"));
});
afterAll(() => rm(dir, { recursive: true }));

/** A week of minutes with a day's rhythm, a spike in one column, and a hole, a repeat and a letter here and there. */
async function week(): Promise<string> {
  const random = seededRandom(7);
  const rows = Array.from({ length: 7 * 1440 }, (_, i) => {
    const cpu = 50 + 30 * Math.sin((i / 1440) * 2 * Math.PI) + random() * 4 + (i >= 9_000 && i < 9_030 ? 60 : 0);
    const time = new Date(Date.parse("2026-11-01T00:00:00Z") + i * 60_000).toISOString();
    return i === 5_000 ? `${time},x,10.5` : `${time},${cpu.toFixed(2)},${(10 + random()).toFixed(3)}`;
  });
  rows.splice(6_000, 20);
  rows.push(rows.at(-1) ?? "");
  const file = join(dir, "week.csv");
  await writeFile(file, `time,cpu,quiet\n${rows.join("\n")}\n`);
  return file;
}

test("a file is looked at as it would have been at the time, with an answer to read and a picture", async () => {
  const file = await week();
  const svg = join(dir, "week.svg");
  const { stdout, stderr } = await run(process.execPath, [main, "detect", file, "--svg", svg, "--json"]);
  const answer = JSON.parse(stdout) as { findings: { series: string; sinceMs: number; text: string; score: number }[] };
  expect(answer).toMatchObject({
    series: [
      { name: "cpu", refused: { "not newer": 1, "not a number": 1 } },
      { name: "quiet", refused: { "not newer": 1 } },
    ],
    unreadable: 1,
  });
  expect(stderr).toContain("line 5002, cpu: `x`");
  const spike = Date.parse("2026-11-01T00:00:00Z") + 9_000 * 60_000;
  const [worst] = answer.findings.toSorted((a, b) => b.score - a.score);
  expect(worst?.series).toBe("cpu");
  expect(Math.abs((worst?.sinceMs ?? 0) - spike)).toBeLessThan(5 * 60_000);
  // A score of 0.5 comes about once in 1,000 points by chance.
  expect(answer.findings.length).toBeLessThan(20);
  expect(await readFile(svg, "utf8")).toMatch(/^<svg[\s\S]*<title>[\s\S]*<\/svg>\n$/);
});

test("what stops, stays the same or leaks is told, a row a name, each with a label in the picture", async () => {
  const random = seededRandom(3);
  const t0 = Date.parse("2026-11-01T00:00:00Z");
  const rows = Array.from({ length: 2_400 }, (_, i) => {
    const leaks = 500 + 10 * random() + Math.max(0, i - 1_500) * 0.3;
    const stops = i < 2_000 ? [["stops", 30 + random()]] : [];
    const flat = i < 1_800 ? 10 * random() : 7;
    return [["leaks", leaks], ...stops, ["flat", flat]].map(([name, value]) => `${name},${t0 + i * 60_000},${value}`);
  }).flat();
  const [file, svg] = [join(dir, "long.csv"), join(dir, "long.svg")];
  await writeFile(file, `name,ts,value\n${rows.join("\n")}\n`);
  const { stdout } = await run(process.execPath, [main, "detect", file, "--svg", svg]);
  expect(stdout).toMatch(/ {2}leaks {2}0\.\d+ {2}drift: climbs steadily/);
  expect(stdout).toMatch(/ {2}stops {2}0\.\d+ {2}missing: no point for .*, since 2026-11-02 09:20:00Z/);
  expect(stdout).toMatch(/ {2}flat {2}0\.\d+ {2}flat line: 7 .*, since 2026-11-02 06:00:00Z/);
  const picture = await readFile(svg, "utf8");
  for (const label of ["drift", "missing", "flat line"]) expect(picture).toContain(`>${label}</text>`);
});

test("a series too short to know what is usual gets no all-clear", async () => {
  const file = join(dir, "short.csv");
  await writeFile(file, `time,cpu\n2026-11-01,1\n2026-11-02,2\n`);
  const { stdout } = await run(process.execPath, [main, "detect", file]);
  expect(stdout).toContain("too short to tell what is usual: it has no more than 100 points");
});

/** Hours of minutes from `fromHour` on, with a rhythm of an hour, half an hour late from the hour `lateHour` on. */
async function hours(name: string, fromHour: number, toHour: number, lateHour = Infinity): Promise<string> {
  const random = seededRandom(fromHour + 1);
  const rows = Array.from({ length: (toHour - fromHour) * 60 }, (_, i) => {
    const minute = fromHour * 60 + i;
    const wave = 50 + 30 * Math.sin(((minute + (minute >= lateHour * 60 ? 30 : 0)) / 60) * 2 * Math.PI) + random() * 4;
    return `${new Date(Date.parse("2026-11-01T00:00:00Z") + minute * 60_000).toISOString()},${wave.toFixed(2)},1`;
  });
  const file = join(dir, name);
  await writeFile(file, `time,cpu,${name}\n${rows.join("\n")}\n`);
  return file;
}

test("what is usual is learned from another file, so that its first hour is judged, and only from what was before", async () => {
  const [history, file] = [await hours("history", 0, 49), await hours("file", 48, 51, 50)];
  const detect = (...more: string[]) => run(process.execPath, [main, "detect", file, "--json", ...more]);
  const late = Date.parse("2026-11-03T02:00:00Z");
  const [cold, warm] = [await detect("--score", "0.8"), await detect("--score", "0.8", "--history", history)];
  const found = (answer: string) => (JSON.parse(answer) as { findings: { atMs: number }[] }).findings;
  expect(found(cold.stdout)).toEqual([]);
  expect(found(warm.stdout)[0]?.atMs).toBeGreaterThanOrEqual(late);
  expect(warm.stderr).toContain("60 points of the history are left out");
  expect(warm.stderr).toContain("no history: file");
  await expect(detect("--history", "/nowhere.csv")).rejects.toMatchObject({ code: 5 });
});

test.each([
  [["detect", "/nowhere.csv"], 5],
  [["detect", main], 6],
  [["detect", main, "--score", "2"], 2],
])("what cannot be done is refused: %j", async (args, code) => {
  await expect(run(process.execPath, [main, ...args])).rejects.toMatchObject({ code });
});

/** Noise of a minute each, with whatever `more` adds. */
async function noisy(name: string, minutes: number, more: (minute: number) => number): Promise<string> {
  const random = seededRandom(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const rows = Array.from({ length: minutes }, (_, i) => `${1_770_000_000 + i * 60},${100 + 5 * normal() + more(i)}`);
  const file = join(dir, name);
  await writeFile(file, `time,v\n${rows.join("\n")}\n`);
  return file;
}

interface Told {
  readonly kind: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}
const detected = async (file: string): Promise<Told[]> =>
  (JSON.parse((await run(process.execPath, [main, "detect", file, "--json"])).stdout) as { findings: Told[] }).findings;
const minuteOf = (ms: number): number => (ms / 1_000 - 1_770_000_000) / 60;

test("what creeps up over minutes is told, and what creeps down a day later is another finding", async () => {
  const ramp = (i: number, at: number) => (i < at || i >= at + 44 ? 0 : Math.min(200, ((i - at + 1) / 24) * 200));
  const told = await detected(await noisy("ramp.csv", 4_000, (i) => ramp(i, 2_000) - ramp(i, 3_500)));
  for (const at of [2_000, 3_500]) {
    const found = told.find((f) => minuteOf(f.sinceMs) > at - 30 && minuteOf(f.sinceMs) < at + 24);
    expect(minuteOf(found?.untilMs ?? Infinity)).toBeLessThan(at + 200);
  }
});

test("a time that is far ahead is left out, and is no end at which all fell silent", async () => {
  const file = await noisy("ahead.csv", 1_500, () => 0);
  const text = await readFile(file, "utf8");
  await writeFile(file, `${text}4070908800,100\n`);
  expect((await detected(file)).filter((f) => f.kind === "missing")).toEqual([]);
});

test("no picture is written over what is no picture", async () => {
  const file = await noisy("data.csv", 300, () => 0);
  const before = await readFile(file, "utf8");
  await expect(run(process.execPath, [main, "detect", file, "--svg", file])).rejects.toMatchObject({ code: 2 });
  expect(await readFile(file, "utf8")).toBe(before);
  const svg = join(dir, "data.svg");
  for (let i = 0; i < 2; i++) await run(process.execPath, [main, "detect", file, "--svg", svg]);
});
