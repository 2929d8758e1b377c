import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deploy } from "../../examples/shop/tool/deploy.ts";
import type { Controller } from "./controller.ts";
import { givenShop, story, until, warmUpMs, type GivenShop } from "./given-shop.ts";

/** `QUIET_MINUTES=60` watches for an hour. */
const calmMinutes = Number(process.env["QUIET_MINUTES"] ?? 4);
const calmMs = calmMinutes * 60_000;

let shop: GivenShop;
let homeostat: Controller;

beforeAll(async () => {
  shop = await givenShop();
  homeostat = await shop.up();
});
afterAll(() => shop?.end());

test(
  `a shop under load for ${calmMinutes} minutes raises no incident, and the same settings then see a release that fails`,
  { timeout: calmMs + warmUpMs + 300_000 },
  async () => {
    await sleep(warmUpMs + calmMs);
    const raised = await homeostat.views(0);
    expect(
      raised.map((v) => v.incident.id),
      story(raised),
    ).toEqual([]);
    const { counters } = await homeostat.status();
    expect(counters["telemetrySignals"], "the shop was heard").toBeGreaterThan(calmMinutes * 600);

    const faultAtMs = Date.now();
    await deploy(shop.layout, "payment", "1.4.0", { errorShare: 0.7 });
    const [seen] = await until(
      "nothing was found",
      120_000,
      async () => {
        const views = await homeostat.views(faultAtMs);
        return views.length > 0 && views;
      },
      1_000,
    );
    expect(JSON.stringify(seen?.incident)).toContain("payment");
  },
);
