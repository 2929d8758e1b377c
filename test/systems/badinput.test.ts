import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, newIngestToken } from "../../examples/demo/homeostat.ts";
import { cli, startController, upThatEnds, type Controller } from "./controller.ts";
import { until } from "./given-shop.ts";

const services = (tier: string): string => `apiVersion: homeostat.dev/v1
kind: Service
metadata: { name: till }
spec:
  environment: demo
  owner: team
  tier: ${tier}
  minHealthy: 0
  instances:
    - { name: till-1, pidFile: /run/till.pid, healthUrl: "http://127.0.0.1:1/healthz" }
`;

const rollback = fileURLToPath(new URL("../../care/runbooks/release-rollback.yaml", import.meta.url));
const ingestToken = newIngestToken();
let [dir, care, data] = ["", "", ""];
let homeostat: Controller;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeostat-systems-"));
  [care, data] = [await careRepo("care"), join(dir, "data")];
  homeostat = await startController({ care, data, ingestToken });
});

afterAll(async () => {
  await homeostat?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function careRepo(name: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const to = join(dir, name);
  await mkdir(to, { recursive: true });
  for (const [file, text] of Object.entries({ "services.yaml": services("2"), ...files }))
    await writeFile(join(to, file), text);
  return to;
}

const careStatus = async () => (await homeostat.status()).components.find((c) => c.name === "care repo");

test("a mistake in the care repo does not take away the care that was there", async () => {
  const { configCommit } = await homeostat.status();
  for (const [text, where] of [
    [services("important"), "services.yaml:7"],
    [`${services("2")}\n  - : {`, "services.yaml:"],
  ] as const) {
    await writeFile(join(care, "services.yaml"), text);
    const seen = await until(`no word of ${where}`, 20_000, async () => {
      const status = await careStatus();
      return status?.state === "degraded" && status.detail.includes(where) && status;
    });
    expect(seen.detail).toContain("the last good one is active");
    expect(await homeostat.status()).toMatchObject({ configCommit, state: "degraded" });
  }
  await writeFile(join(care, "services.yaml"), services("1"));
  const commit = await until("the good change was not taken", 20_000, async () => {
    const status = await homeostat.status();
    return (await careStatus())?.state === "ok" && status.configCommit;
  });
  expect(commit).not.toBe(configCommit);
});

test("strangers neither read, nor send, nor stop anything", async () => {
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const stop = { method: "POST", body: JSON.stringify({ scope: "all", reason: "mine" }) };
  const json = { "content-type": "application/json" };
  for (const token of ["", "hs_short", newIngestToken()]) {
    const headers = { authorization: `Bearer ${token}`, ...json };
    expect((await homeostat.fetch("/api/v1/incidents", as(token))).status).toBe(401);
    expect((await homeostat.fetch("/api/v1/stops", { ...stop, headers })).status).toBe(401);
    expect((await homeostat.fetch("/v1/traces", { method: "POST", body: "{}", headers })).status).toBe(401);
  }
  const sender = { authorization: `Bearer ${ingestToken}`, ...json };
  expect((await homeostat.fetch("/api/v1/incidents", { headers: sender })).status).toBe(403);
  expect((await homeostat.fetch("/api/v1/stops", { ...stop, headers: sender })).status).toBe(403);
  const reader = await homeostat.post<{ token: string }>("/api/v1/tokens", { name: "r", scopes: ["read"], roles: [] });
  const reading = { authorization: `Bearer ${reader.token}`, ...json };
  expect((await homeostat.fetch("/api/v1/incidents", { headers: reading })).status).toBe(200);
  expect((await homeostat.fetch("/api/v1/stops", { ...stop, headers: reading })).status).toBe(403);
  expect((await homeostat.fetch("/v1/traces", { method: "POST", body: "{}", headers: reading })).status).toBe(403);
  const refused = await cli("stop", "--url", homeostat.ready.url, "--token", newIngestToken(), "--data", data);
  expect(refused).toMatchObject({ code: 4, stdout: "" });
  expect((await homeostat.status()).stops).toEqual([]);
});

test("half of a broken request is not taken for telemetry", async () => {
  const headers = { authorization: `Bearer ${ingestToken}`, "content-type": "application/json" };
  const nowNs = `${Date.now()}000000`;
  const span = { traceId: "0".repeat(31) + "1", spanId: "0".repeat(15) + "1", name: "x", kind: 2 };
  const good = { ...span, startTimeUnixNano: nowNs, endTimeUnixNano: nowNs };
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "till" } }] };
  const body = (...spans: unknown[]) => JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  const send = (text: string | Buffer, type = "application/json") =>
    homeostat.fetch("/v1/traces", {
      method: "POST",
      body: text,
      headers: { ...headers, "content-type": type },
    });
  const taken = async () => (await homeostat.status()).counters["telemetrySignals"] ?? 0;

  expect((await send(body(good))).status).toBe(200);
  const before = await taken();
  expect(before).toBeGreaterThan(0);
  expect((await send(body(good, good, good).slice(0, -9))).status).toBe(400);
  expect((await send(body(good, { ...good, attributes: "none" }))).status).toBe(400);
  expect((await send(Buffer.from([0x0a, 0xff, 0x01, 0x02]), "application/x-protobuf")).status).toBe(400);
  expect((await send("a,b,c", "text/csv")).status).toBe(415);
  expect(await taken()).toBe(before);
});

test("nothing starts on a care repo that asks for what nobody can do", async () => {
  const broken = (await readFile(rollback, "utf8")).replace("action: release.switch", "action: release.teleport");
  const line = broken.split("\n").findIndex((text) => text.includes("release.teleport")) + 1;
  const repo = await careRepo("unknown-action", { "rollback.yaml": broken });
  const ended = await upThatEnds({ care: repo, data: join(dir, "unused") });
  expect(ended.code).toBe(6);
  expect(ended.stderr).toContain(`rollback.yaml:${line}`);
  expect(ended.stderr).toContain("release.teleport");
  expect(ended.stderr).not.toContain("    at ");
  const checked = await cli("check", repo);
  expect(checked.code).toBe(6);
  expect(checked.stdout).toContain(`rollback.yaml:${line}`);
});

test("two on one data directory do not both act", async () => {
  const ended = await upThatEnds({ care, data });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(String(homeostat.pid));
  expect(ended.stderr).not.toContain("    at ");
  expect((await homeostat.status()).state).not.toBe("failed");
});

test("a port that is taken is named, and nothing is left running", async () => {
  const port = Number(new URL(homeostat.ready.url).port);
  const other = join(dir, "other");
  const ended = await upThatEnds({ care, data: other, port });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(String(port));
  expect(ended.stderr).not.toContain("    at ");
  await expect(readFile(join(other, "postgres", "postmaster.pid"))).rejects.toThrow();
});

test("a database that is not there is named, without its password", async () => {
  const port = await freePort();
  const databaseUrl = `postgresql://me:hunter2@127.0.0.1:${port}/mine`;
  const ended = await upThatEnds({ care, data: join(dir, "remote"), databaseUrl });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`127.0.0.1:${port}`);
  expect(ended.stderr).not.toContain("hunter2");
  expect(ended.stderr).not.toContain("    at ");
});
