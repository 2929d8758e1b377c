import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deploy, switchBack } from "../../examples/shop/tool/deploy.ts";
import type { StopEntry } from "../../src/loop/decision/decision.ts";
import { formatStopScope } from "../../src/loop/decision/stop.ts";
import { verifyExport } from "../../src/loop/audit/verify.ts";
import { cli, type Controller } from "./controller.ts";
import { givenShop, isHealed, over, story, until, warmUpMs, type GivenShop } from "./given-shop.ts";
import { holdDown } from "./hold-down.ts";

let shop: GivenShop;
let homeostat: Controller;

beforeAll(async () => {
  shop = await givenShop();
  homeostat = await shop.up();
  await sleep(warmUpMs);
});
afterAll(() => shop?.end());

const stops = async (): Promise<string[]> =>
  (await homeostat.status()).stops.map((s) => formatStopScope(s.scope)).toSorted();
const command = (...args: string[]) => cli(...args, "--data", shop.dataDir);
const actsSince = async (sinceMs: number) =>
  (await homeostat.views(sinceMs)).flatMap((v) => v.runs.flatMap((r) => r.intents));

let [cartSinceMs, paymentSinceMs] = [0, 0];

test("a stop in the middle of a heal lets no further step happen", async () => {
  cartSinceMs = Date.now() - 5_000;
  await deploy(shop.layout, "cart", "1.4.0", { errorShare: 0.7 });
  await until("no first step", 150_000, async () => (await actsSince(cartSinceMs)).length > 0, 100);
  // What `homeostat stop` sends, without the second its process takes to start: the steps would not wait for it.
  const stop = await homeostat.post<StopEntry>("/api/v1/stops", { scope: "service/cart", reason: "hands off" });
  const views = await over(homeostat, cartSinceMs, 60_000);
  const [run] = views.flatMap((v) => v.runs);
  expect(run?.state, story(views)).toBe("held");
  const late = run?.intents.filter((i) => i.atMs > stop.atMs && run.outcomes.some((o) => o.key === i.key));
  expect(late, story(views)).toEqual([]);
  expect(run?.intents.length, "the plan had more steps").toBeLessThan(3);
  expect(views.map((v) => v.incident.state)).toEqual(["escalated"]);
  expect((await shop.compare(await homeostat.audit())).disagreements).toEqual([]);
});

test("stops outlive a restart, also the one that was written while nobody could hear it", async () => {
  const before = await shop.effects();
  await homeostat.stop();
  const written = await command("stop", "all", "--reason", "night");
  expect(written.code, written.stderr).toBe(0);
  expect(written.stderr).toContain("using the stop file");
  homeostat = await shop.up();
  expect(await stops()).toEqual(["all", "service/cart"]);
  await sleep(10_000);
  expect(await shop.effects()).toEqual(before);
});

test("what a person repaired during a stop counts as repaired, also after a restart", async () => {
  await switchBack(shop.layout, "cart", "1.1.0");
  const views = await until(
    "the incident never ended",
    120_000,
    async () => {
      const seen = await homeostat.views(cartSinceMs);
      return seen.every((v) => v.incident.state === "resolved") && seen;
    },
    1_000,
  );
  expect(views.length, story(views)).toBe(1);
  paymentSinceMs = Date.now();
  expect(await command("resume", "all")).toMatchObject({ code: 0 });
  expect(await command("resume", "service/cart")).toMatchObject({ code: 0 });
  expect((await command("resume", "service/cart")).code, "it is not stopped any more").toBe(5);
  expect(await stops()).toEqual([]);
});

test("a stop file that cannot be read stops everything, until it can", async () => {
  await mkdir(join(shop.dataDir, "STOP"));
  const status = await homeostat.status();
  expect(status.components).toContainEqual(expect.objectContaining({ name: "stop state", state: "failed" }));
  expect((await command("status")).code).toBe(1);
  const before = await shop.effects();
  await deploy(shop.layout, "payment", "1.4.0", { errorShare: 0.7 });
  await until("no decision", 150_000, async () => {
    const views = await homeostat.views(paymentSinceMs);
    return views.some((v) => v.decisions.some((d) => d.effect === "deny"));
  });
  expect(await shop.effects()).toEqual(before);
  expect(await actsSince(paymentSinceMs)).toEqual([]);
  await rmdir(join(shop.dataDir, "STOP"));
  await until("it never acted again", 60_000, async () => (await actsSince(paymentSinceMs)).length > 0, 100);
});

test("a database that broke in the middle of a heal is named, nothing acts blindly, and the heal goes on later", async () => {
  const { port, release } = await holdDown(shop.dataDir);
  shop.also(release);
  const ready = await until("readyz still says it is well", 30_000, async () => {
    const answer = await homeostat.fetch("/readyz");
    return answer.status === 503 && answer.json();
  });
  expect(ready).toMatchObject({ state: "failed", failed: expect.arrayContaining(["database"]) });
  await sleep(8_000);
  const broken = await command("status");
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain("the token cannot be checked while the database is down");
  expect(broken.stderr).toMatch(/failed +database/);
  expect((await command("incidents")).stderr).toContain("the database does not answer");
  const stopped = await command("stop", "service/ads", "--reason", "drill");
  expect(stopped, stopped.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("by the stop file") });
  expect(homeostat.stderr()).toContain(`took its port ${port}`);
  const before = await shop.effects();
  await sleep(8_000);
  expect(await shop.effects()).toEqual(before);

  await release();
  const views = await over(homeostat, paymentSinceMs);
  expect(views.some(isHealed), story(views)).toBe(true);
  const exported = await homeostat.audit();
  expect((await shop.compare(exported)).disagreements, story(views)).toEqual([]);
  expect(verifyExport(Buffer.from(exported), { vkey: homeostat.ready.auditKey })).toMatchObject({ ok: true });
  const status = await homeostat.status();
  expect(status.components).toContainEqual(expect.objectContaining({ name: "database", state: "ok" }));
  expect(status.counters["databaseRestarts"]).toBe(1);
  expect(await stops()).toEqual(["service/ads"]);
});
