import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deploy } from "../../examples/shop/tool/deploy.ts";
import type { PlanPreview } from "../../src/engine/operations.ts";
import { cli, type Controller } from "./controller.ts";
import { givenShop, story, until, warmUpMs, type GivenShop } from "./given-shop.ts";

let shop: GivenShop;
let homeostat: Controller;

beforeAll(async () => {
  shop = await givenShop();
  await rm(join(shop.careDir, "policies.cedar"));
  homeostat = await shop.up();
});
afterAll(() => shop?.end());

test("without a policy that permits it nothing is touched, and people see what would have been done", async () => {
  await sleep(warmUpMs);
  const faultAtMs = Date.now();
  await deploy(shop.layout, "payment", "1.4.0", { errorShare: 0.7 });
  const view = await until(
    "nothing was found, or no plan made",
    120_000,
    async () => (await homeostat.views(faultAtMs - 5_000)).find((v) => v.decisions.some((d) => d.effect === "observe")),
    1_000,
  );
  const { id } = view.incident;
  const { plan } = view.plans.at(-1) ?? {};
  expect(plan, story([view])).toMatchObject({ service: "payment", runbook: { name: "release-rollback" } });

  const shown = await cli("plan", id, "--dry-run", "--data", shop.dataDir);
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toMatch(/release-rollback .* on payment in demo/);
  expect(shown.stdout).toMatch(/release\.switch \{"to":"1\.1\.0"\}/);
  expect(shown.stdout).toContain("decision: observe");
  expect(shown.stdout).toContain("nothing was done");
  const asJson = await cli("plan", id, "--dry-run", "--json", "--data", shop.dataDir);
  const preview = JSON.parse(asJson.stdout) as PlanPreview;
  expect(preview).toMatchObject({ incidentId: id, decision: { effect: "observe" } });
  expect((await cli("plan", id, "--data", shop.dataDir)).code, "without --dry-run it is no command").toBe(2);

  await sleep(15_000);
  expect(await shop.effects()).toEqual([]);
  const audit = await homeostat.audit();
  expect(audit).not.toContain("step.intended");
  expect(audit).not.toContain("run.started");
  const views = await homeostat.views(faultAtMs - 5_000);
  expect(views.flatMap((v) => v.runs)).toEqual([]);
});
