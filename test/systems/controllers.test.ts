import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deploy } from "../../examples/shop/tool/deploy.ts";
import type { ServiceName } from "../../examples/shop/layout.ts";
import { verifyExport } from "../../src/loop/audit/verify.ts";
import type { IncidentView } from "../../src/engine/operations.ts";
import { startTestPostgres } from "../postgres.ts";
import type { Controller } from "./controller.ts";
import { startFanOut, type FanOut } from "./fan-out.ts";
import { givenShop, isHealed, over, story, until, warmUpMs, writeCare, type GivenShop } from "./given-shop.ts";

type Name = "a" | "b";
const names: readonly Name[] = ["a", "b"];

let shop: GivenShop;
let fanOut: FanOut;
let databaseUrl = "";
const running = new Map<Name, Controller>();

beforeAll(async () => {
  shop = await givenShop();
  const postgres = await startTestPostgres();
  shop.also(() => postgres.stop());
  databaseUrl = await postgres.newDatabase();
  fanOut = await startFanOut(shop.otlpPort);
  shop.also(() => fanOut.stop());
  await up("a");
  await mkdir(dataOf("b"), { recursive: true, mode: 0o711 });
  // One log has one key: whoever signs it next must be known by the same.
  for (const file of ["audit.key", "audit.name"]) await cp(join(dataOf("a"), file), join(dataOf("b"), file));
  await up("b");
  await sleep(warmUpMs);
});
afterAll(() => shop?.end());

const dataOf = (name: Name): string => join(shop.dir, `data-${name}`);

async function up(name: Name): Promise<void> {
  running.set(name, await shop.up({ data: dataOf(name), databaseUrl, otlpPort: 0 }));
  fanOut.to([...running.values()].map((c) => c.ready.otlpUrl));
}

const controller = (name: Name): Controller => running.get(name) ?? expect.fail(`controller ${name} does not run`);
const other = (name: Name): Name => (name === "a" ? "b" : "a");

/** The id of the controller that carries an incident's heal, as the database has it. */
async function holderOf(incidentId: string): Promise<string> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const found = await client.query<{ executor_id: string }>(
      "select executor_id from dbos.workflow_status where workflow_uuid = $1",
      [`heal-${incidentId}`],
    );
    return found.rows[0]?.executor_id ?? "";
  } finally {
    await client.end();
  }
}

/** Ships a release that fails, and waits until the incident is where `there` says; who heals it, by its name. */
async function strike(service: ServiceName, there: (view: IncidentView) => boolean) {
  const sinceMs = Date.now() - 5_000;
  await deploy(shop.layout, service, "1.4.0", { errorShare: 0.7 });
  let seen: IncidentView[] = [];
  const asked = controller("a");
  const view = await until(
    () => `no heal of ${service} got that far\n${story(seen)}`,
    150_000,
    async () => {
      seen = await asked.views(sinceMs);
      return seen.find(there);
    },
    250,
  );
  const id = await holderOf(view.incident.id);
  const healer: Name = (await controller("a").status()).controller === id ? "a" : "b";
  expect((await controller(healer).status()).controller).toBe(id);
  return { sinceMs, incidentId: view.incident.id, healer, id };
}

const acting = (view: IncidentView): boolean =>
  view.runs.some((r) => r.intents.length > 0 && r.endedAtMs === undefined);

async function takeOverSeconds(incidentId: string, from: string, sinceMs: number): Promise<number> {
  const take = async () => ![from, ""].includes(await holderOf(incidentId));
  await until("nobody took over", 60_000, take, 100);
  const seconds = (Date.now() - sinceMs) / 1000;
  console.log(`taken over after ${seconds.toFixed(1)} s`);
  return seconds;
}

/** One incident, healed, nothing done that is not in the log, and the log holds. */
async function expectHealedOnce(asked: Controller, sinceMs: number): Promise<void> {
  const views = await over(asked, sinceMs);
  expect(views.some(isHealed), story(views)).toBe(true);
  expect(
    views.every((v) => v.incident.state === "resolved"),
    story(views),
  ).toBe(true);
  const exported = await asked.audit();
  const compared = await shop.compare(exported);
  expect(compared.disagreements, story(views)).toEqual([]);
  expect(compared.acts).toBeGreaterThan(0);
  expect(verifyExport(Buffer.from(exported), { vkey: asked.ready.auditKey })).toMatchObject({ ok: true });
}

test("a heal whose controller is killed is finished by the other one, and nothing is done twice", async () => {
  const { sinceMs, incidentId, healer, id } = await strike("cart", acting);
  const killedAtMs = Date.now();
  await controller(healer).stop("SIGKILL");
  expect(await takeOverSeconds(incidentId, id, killedAtMs)).toBeLessThan(30);
  await expectHealedOnce(controller(other(healer)), sinceMs);
  await up(healer);
  await sleep(25_000);
});

test("a controller that slept through its own replacement does nothing when it wakes, and ends itself", async () => {
  const { sinceMs, incidentId, healer, id } = await strike("payment", acting);
  const asleep = controller(healer);
  const pausedAtMs = Date.now();
  asleep.signal("SIGSTOP");
  await takeOverSeconds(incidentId, id, pausedAtMs);
  await sleep(Math.max(0, 20_000 - (Date.now() - pausedAtMs)));
  asleep.signal("SIGCONT");
  const ended = await Promise.race([asleep.ended, sleep(40_000)]);
  expect(ended, `it still runs: ${asleep.stderr()}`).toMatchObject({ code: 1 });
  expect(asleep.stderr()).toMatch(/homeostat: controller .* was away too long and .* took over its work/);
  await expectHealedOnce(controller(other(healer)), sinceMs);
  await up(healer);
  await sleep(25_000);
});

test("an approval given while nobody runs the heal is not lost, nor what it waited for", async () => {
  const care = await readFile(join(shop.careDir, "policies.cedar"), "utf8");
  const asking = care.replace(
    /permit \(\n {2}principal,\n {2}action == Action::"act",/,
    '@quorum("1")\n@roles("approver")\n@expires("10m")\npermit (\n  principal,\n  action == Action::"act-with-approval",',
  );
  expect(asking).not.toBe(care);
  await writeCare(shop, "policies.cedar", asking);
  const commits = async () =>
    new Set(await Promise.all(names.map(async (n) => (await controller(n).status()).configCommit)));
  const [before] = await commits();
  await until(
    "the policy was not taken",
    30_000,
    async () => (await commits()).size === 1 && !(await commits()).has(before ?? ""),
  );

  const waiting = (view: IncidentView): boolean => view.approvals.some((a) => a.state === "open");
  const { sinceMs, incidentId, healer, id } = await strike("catalogue", waiting);
  const killedAtMs = Date.now();
  await controller(healer).stop("SIGKILL");
  const left = controller(other(healer));
  const [view] = await left.views(sinceMs);
  expect(await holderOf(incidentId)).toBe(id);
  const person = { name: "second-person", scopes: ["read", "approve"], roles: ["approver"] };
  const { token } = await left.post<{ token: string }>("/api/v1/tokens", person);
  await left.post(`/api/v1/approvals/${view?.approvals[0]?.planDigest}`, { answer: "approve" }, token);
  expect(await holderOf(incidentId), "it was answered before anybody took over").toBe(id);
  await takeOverSeconds(incidentId, id, killedAtMs);
  await expectHealedOnce(left, sinceMs);
});
