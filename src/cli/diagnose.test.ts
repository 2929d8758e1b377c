import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom } from "../kernel/random.ts";

const run = promisify(execFile);
const main = fileURLToPath(new URL("main.ts", import.meta.url));
const homeostat = (...args: string[]) => run(process.execPath, [main, ...args]);
let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "diagnose-"));
});
afterEach(() => rm(dir, { recursive: true }));

const t0 = Date.parse("2026-11-01T10:00:00Z");
const places = ["gateway", "cart", "catalogue", "store"];

/** An hour of minutes in which the store gets slow after 50 of them, and whoever waits for it with it. */
async function bundle({ faulty = true } = {}): Promise<void> {
  const random = seededRandom(3);
  const dims = ["requests", "latency", "errors", "cpu"];
  const head = ["time", ...places.flatMap((p) => dims.map((d) => `${p}/${d}`))].join(",");
  const rows = Array.from({ length: 60 }, (_, i) => {
    const slow = faulty && i >= 50 ? 80 : 0;
    const cells = places.flatMap((p) => {
      const waits = p === "catalogue" ? 0 : slow;
      const cpu = p === "store" && slow ? 0.9 : 0.3 + random() * 0.05;
      return [100 + Math.round(random() * 10), 20 + random() * 2 + waits, 0, cpu];
    });
    return [new Date(t0 + i * 60_000).toISOString(), ...cells].join(",");
  });
  await writeFile(join(dir, "metrics.csv"), `${[head, ...rows].join("\n")}\n`);
  await writeFile(join(dir, "calls.csv"), "from,to\ngateway,cart\ngateway,catalogue\ncart,store\n");
  await writeFile(
    join(dir, "incident.json"),
    JSON.stringify({ symptoms: [{ place: "gateway", dimension: "latency" }] }),
  );
}

interface Answer {
  readonly suspects: readonly { place: string; confidence: number; evidenceFor: readonly unknown[] }[];
  readonly isCredible: boolean;
  readonly fromMs: number;
  readonly missing: readonly string[];
}

test("names where it started rather than where it shows, since when, why, and what was not there", async () => {
  await bundle();
  const svg = join(dir, "out.svg");
  const answer = JSON.parse((await homeostat("diagnose", dir, "--svg", svg, "--json")).stdout) as Answer;
  expect(answer.isCredible).toBe(true);
  expect(answer.suspects[0]?.place).toBe("store");
  expect(answer.suspects[0]?.confidence).toBeLessThan(1);
  expect(answer.suspects[0]?.evidenceFor.length).toBeGreaterThan(0);
  expect(Math.abs(answer.fromMs - (t0 + 50 * 60_000))).toBeLessThanOrEqual(60_000);
  expect(answer.missing).toEqual(["no traces", "no logs", "no changes"]);
  expect(await readFile(svg, "utf8")).toContain("store: ");
  expect((await homeostat("diagnose", dir)).stdout).toMatch(/^it began about 2026-11-01T10:(49|50|51)[\s\S]*store/);
});

test("says so when nothing is credible", async () => {
  await bundle({ faulty: false });
  const answer = JSON.parse((await homeostat("diagnose", dir, "--json")).stdout) as Answer;
  expect(answer.isCredible).toBe(false);
  expect((await homeostat("diagnose", dir)).stdout).toContain("nothing credible");
});

test("cannot tell when it began, or what was normal: then it says that, and gives no all-clear", async () => {
  const line = (timeMs: number) => JSON.stringify({ place: "db", timeMs, line: "no space left" });
  await writeFile(join(dir, "logs.jsonl"), `${[t0, t0 + 1_000].map(line).join("\n")}\n`);
  const untold = (await homeostat("diagnose", dir)).stdout;
  expect(untold).toContain("cannot tell: it is not known when it began");
  expect(untold).not.toContain("100%");
  await writeFile(join(dir, "incident.json"), JSON.stringify({ from: t0 }));
  const noPast = (await homeostat("diagnose", dir)).stdout;
  expect(noPast).toContain("cannot tell: nothing recorded can be compared");
});

test("a beginning outside of what was recorded is refused with both times", async () => {
  await bundle();
  await writeFile(join(dir, "incident.json"), JSON.stringify({ from: t0 / 1000 }));
  const said = { code: 6, stderr: expect.stringMatching(/`from`: 1970-.* is not between .*2026-11-01/) };
  await expect(homeostat("diagnose", dir)).rejects.toMatchObject(said);
});

test("what is not understood is told, with what may have been meant", async () => {
  await bundle();
  await writeFile(join(dir, "calls.csv"), "source;target\ngateway;cart\ncart;stroe\n");
  await writeFile(join(dir, "log.jsonl"), "");
  await writeFile(join(dir, "changes.jsonl"), `{"place":"stor","timeMs":${t0},"text":"x","by":"ann"}\n`.repeat(2));
  const symptoms = [{ place: "gatway" }, { place: "gateway", dimension: "latencies", severity: 1 }];
  await writeFile(join(dir, "incident.json"), JSON.stringify({ form: t0 + 50 * 60_000, symptoms }));
  const { stdout, stderr } = await homeostat("diagnose", dir, "--json");
  const { notUnderstood } = JSON.parse(stdout) as { notUnderstood: string[] };
  expect(notUnderstood.map((note) => note.slice(dir.length + 1))).toEqual([
    "log.jsonl: the file is not read; did you mean `logs.jsonl`?",
    "changes.jsonl:1: `by` is not read (2 times)",
    "incident.json:1: `form` is not read; did you mean `from`?",
    "incident.json:1: `severity` is not read",
    "calls.csv: nothing is recorded of `stroe`; did you mean `store`?",
    "changes.jsonl: nothing is recorded of `stor`; did you mean `store`? (2 times)",
    "incident.json: nothing is recorded of `gatway`; did you mean `gateway`?",
    "incident.json: `gateway` has no `latencies`; did you mean `latency`?",
  ]);
  expect(stderr).toContain("did you mean `from`?");
});

test("metrics may be rows of a place, and dimensions that are nearly weighed along calls are told", async () => {
  const rows = Array.from({ length: 40 }, (_, i) =>
    places.map((p) => `${t0 + i * 60_000},${p},${i % 3},${p === "store" && i >= 30 ? 90 : 20 + (i % 2)}`),
  ).flat();
  await writeFile(join(dir, "metrics.csv"), `timestamp,service,request,latency\n${rows.join("\n")}\n`);
  await writeFile(join(dir, "calls.csv"), "gateway,cart\ncart,store\ngateway,catalogue\n");
  const { stdout } = await homeostat("diagnose", dir, "--json");
  const answer = JSON.parse(stdout) as Answer & { notUnderstood: string[] };
  expect(answer.suspects[0]?.place).toBe("store");
  expect(answer.notUnderstood.join("\n")).toMatch(/`request` is weighed as any measure; did you mean `requests`/);
  expect(answer.notUnderstood.join("\n")).toMatch(/`gateway` and 3 more places have no `requests`/);
});

test("errors in percent are told and not weighed, and times in seconds are refused", async () => {
  await bundle();
  const percent = (await readFile(join(dir, "metrics.csv"), "utf8"))
    .split("\n")
    .map((line) => line.replace(/,0,(?=0[.])/, ",30,"))
    .join("\n");
  await writeFile(join(dir, "metrics.csv"), percent);
  const { stdout } = await homeostat("diagnose", dir, "--json");
  const { suspects, notUnderstood } = JSON.parse(stdout) as Answer & { notUnderstood: string[] };
  expect(notUnderstood.join("\n")).toContain("not looked at: `errors` of `gateway` is 30, no share of requests");
  expect(suspects[0]?.place).toBe("store");
  await writeFile(join(dir, "logs.jsonl"), `{"place":"store","timeMs":${t0 / 1000},"line":"slow"}\n`);
  const said = { code: 6, stderr: expect.stringMatching(/logs.jsonl:1: its times: they end 1970.*milliseconds/) };
  await expect(homeostat("diagnose", dir)).rejects.toMatchObject(said);
});

test.each([
  ["spans.jsonl", '{"traceId": "a"}\n', 6, "spans.jsonl:1: `spanId`"],
  ["logs.jsonl", '{"place":"a","timeMs":1,"line":"x"}\nnonsense\n', 6, "logs.jsonl:2: the line: is no JSON"],
  ["metrics.csv", "time,cpu\n1,2\n", 6, "column `cpu`"],
  ["metrics.csv", 'time,a/cpu\n1,2\n"3,4\n', 6, "metrics.csv:3: is no CSV file: a quote is opened"],
  ["calls.csv", "from,to\n\ngateway\n", 6, "calls.csv:3: the row"],
  ["calls.csv", 'from,to\na,"b\n', 6, "calls.csv:2: is no CSV file: a quote is opened and never closed"],
  [
    "logs.jsonl",
    '{"place":"a","timeMs":1,"message":"x"}\n',
    6,
    "`line`: it is missing; there is `place`, `timeMs`, `message`",
  ],
  ["incident.json", '{\n"from": 1,\n}', 6, "incident.json:3: the line: is no JSON"],
  ["incident.json", '{"from":"yesterday"}', 6, "`yesterday` is no time"],
  ["incident.json", '{"from":1e300}', 6, "is no time"],
  ["other.txt", "", 5, "holds none of metrics.csv"],
])("what cannot be read in %s is named with its place", async (file, text, code, why) => {
  await writeFile(join(dir, file), text);
  await expect(homeostat("diagnose", dir)).rejects.toMatchObject({ code, stderr: expect.stringContaining(why) });
});
