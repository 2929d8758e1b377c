import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../examples/demo/homeostat.ts";
import type { IncidentView } from "../../src/engine/operations.ts";
import { verifyExport } from "../../src/loop/audit/verify.ts";
import { cli, startController, type Controller } from "./controller.ts";
import { story, until } from "./given-shop.ts";

/** docs/getting-started.md, as it is written: its files, its commands, its words. Only ports and waits are the test's own. */
const asTheGuideSaysMs = 120_000;
const undo: (() => Promise<void> | void)[] = [];
let dir: string;
let files: Map<string, string>;
let homeostat: Controller;
let port: number;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeostat-guide-"));
  undo.push(() => rm(dir, { recursive: true, force: true }));
  port = await freePort();
  const guide = await readFile("docs/getting-started.md", "utf8");
  const shown = guide.matchAll(/<!-- file: (\S+) -->\n\n```\w+\n([\s\S]*?)^```$/gm);
  files = new Map([...shown].map((m) => [m[1] ?? "", (m[2] ?? "").replaceAll("28090", String(port))]));
});
afterAll(async () => {
  for (const step of undo.toReversed()) await step();
});

async function write(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), files.get(name) ?? `the guide shows no ${name}`);
  }
}

/** The service in a loop, as the guide starts it. */
function keepRunning(env: Readonly<Record<string, string>>): void {
  let over = false;
  const start = () =>
    spawn("python3", ["hello.py"], { cwd: join(dir, "hello"), env: { ...process.env, ...env }, stdio: "ignore" });
  let child = start();
  const again = (): void => {
    if (over) return;
    child = start();
    child.once("exit", () => void sleep(1_000).then(again));
  };
  child.once("exit", () => void sleep(1_000).then(again));
  undo.push(() => {
    over = true;
    child.kill("SIGKILL");
  });
}

function visit(): void {
  const timer = setInterval(() => {
    fetch(`http://127.0.0.1:${port}/`)
      .then((r) => r.text())
      .catch(() => undefined);
  }, 100);
  undo.push(() => clearInterval(timer));
}

test("who follows the guide sees a plan first, and a heal of their own service once they allow it", async () => {
  const [care, data] = [join(dir, "care"), join(dir, "data")];
  expect(await cli("init", care)).toMatchObject({ code: 0 });
  await rm(join(care, "services", "my-service.yaml"));
  await write("hello/hello.py", "hello/hello.json", "care/services/hello.yaml", "care/settings.yaml");
  expect(await cli("check", care)).toMatchObject({ code: 0 });

  homeostat = await startController({ care, data });
  undo.push(() => homeostat.stop());
  const token = await cli("token", "create", "--name", "hello", "--scope", "ingest", "--data", data);
  keepRunning({ INGEST_TOKEN: token.stdout.trim(), OTEL_EXPORTER_OTLP_ENDPOINT: homeostat.ready.otlpUrl });
  visit();
  const visitedAtMs = Date.now();
  await until(
    "the config was not recorded as good",
    180_000,
    async () =>
      Date.now() - visitedAtMs > asTheGuideSaysMs && (await homeostat.audit()).includes("known-good.recorded"),
    2_000,
  );

  const brokenAtMs = Date.now();
  await writeFile(join(dir, "hello/hello.json"), '{ "greetings": "good morning" }\n');
  process.kill(Number(await readFile(join(dir, "hello/hello.pid"), "utf8")));
  let views: readonly IncidentView[] = [];
  const seen = await until(
    () => `nothing was found, or no plan made\n${story(views)}`,
    90_000,
    async () =>
      (views = await homeostat.views(brokenAtMs)).find((v) => v.decisions.some((d) => d.effect === "observe")),
    1_000,
  );
  const shown = await cli("plan", seen.incident.id, "--dry-run", "--data", data);
  expect(shown.stdout, story([seen])).toContain("config-restore");
  expect(await readFile(join(dir, "hello/hello.json"), "utf8")).toContain("greetings");

  await write("care/policies/40-hello.cedar");
  const asked = await until(
    "nobody was asked",
    120_000,
    async () => (await homeostat.status()).openApprovals.at(0),
    1_000,
  );
  expect(await cli("approve", asked.planDigest.slice(7, 19), "--data", data)).toMatchObject({ code: 0 });
  const healed = await until(
    "it was not healed",
    180_000,
    async () => (await homeostat.views(brokenAtMs)).find((v) => v.incident.state === "resolved"),
    1_000,
  );
  expect(healed.runs.at(-1), story([healed])).toMatchObject({ state: "succeeded" });
  expect(await readFile(join(dir, "hello/hello.json"), "utf8")).toBe(files.get("hello/hello.json"));
  const greeting = await fetch(`http://127.0.0.1:${port}/`);
  expect(await greeting.text()).toBe("GOOD MORNING");

  const log = await homeostat.audit();
  expect(verifyExport(Buffer.from(log), { vkey: homeostat.ready.auditKey })).toMatchObject({ ok: true });
});
