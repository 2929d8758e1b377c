import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../../examples/shop/tool/deploy.ts";
import type { Controller } from "./controller.ts";
import { givenShop, isHealed, over, story, until, warmUpMs, type GivenShop } from "./given-shop.ts";
import { missingPrograms, startMonitoring, type Monitoring } from "./prometheus.ts";

interface PrometheusAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string;
}

const skipped = missingPrograms.length > 0 ? ` (skipped: no ${missingPrograms.join(", no ")} here)` : "";

describe.skipIf(skipped !== "")(`with a real Prometheus and Alertmanager${skipped}`, () => {
  let shop: GivenShop;
  let homeostat: Controller;
  let monitoring: Monitoring;

  beforeAll(async () => {
    shop = await givenShop();
    homeostat = await shop.up();
    monitoring = await startMonitoring({
      dir: shop.dir,
      layout: shop.layout,
      webhookUrl: `${homeostat.ready.url}/v1/alerts/alertmanager`,
      token: shop.ingestToken,
    });
    shop.also(() => monitoring.stop());
  });
  afterAll(() => shop?.end());

  const firing = async (): Promise<PrometheusAlert[]> => {
    const answer = await fetch(`${monitoring.prometheusUrl}/api/v1/alerts`);
    const { data } = (await answer.json()) as { data: { alerts: PrometheusAlert[] } };
    return data.alerts.filter((a) => a.state === "firing");
  };

  test("an alert and the telemetry of one bad release do not call people twice, and the heal ends both", async () => {
    await sleep(warmUpMs);
    expect(await firing(), "nothing is wrong yet").toEqual([]);
    expect(await homeostat.views(0), story(await homeostat.views(0))).toEqual([]);

    const faultAtMs = Date.now();
    await deploy(shop.layout, "cart", "1.4.0", { errorShare: 0.7 });
    await until("Prometheus saw nothing", 60_000, async () =>
      (await firing()).some((a) => a.labels["service"] === "cart"),
    );
    const views = await over(homeostat, faultAtMs - 5_000);

    expect(views.length, story(views)).toBe(1);
    const [view] = views;
    if (!view) return;
    expect(isHealed(view), story(views)).toBe(true);
    const lines = view.incident.timeline.map((e) => e.text);
    expect(lines).toContainEqual(expect.stringMatching(/alert HighErrorRatio firing for cart/));
    expect(lines).toContainEqual(expect.stringMatching(/alert HighErrorRatio resolved for cart/));
    expect(view.incident.findings.length, "telemetry said so too").toBeGreaterThan(0);
    const acted = new Set(view.runs.flatMap((r) => r.intents.map((i) => i.service)));
    expect([...acted]).toEqual(["cart"]);

    const audit = await homeostat.audit();
    expect(audit).toContain("alert.received");
    expect((await shop.compare(audit)).disagreements).toEqual([]);
    // The tail of the alerts must not open it all over again.
    await sleep(15_000);
    const after = await homeostat.views(faultAtMs - 5_000);
    expect(after.length, story(after)).toBe(1);
    expect(await firing()).toEqual([]);
  });

  test("an alert with another's token is not taken for news", async () => {
    const body = { version: "4", groupKey: "g", status: "firing", alerts: [] };
    const headers = { "content-type": "application/json", authorization: "Bearer hs_wrong" };
    const init = { method: "POST", body: JSON.stringify(body), headers };
    expect((await homeostat.fetch("/v1/alerts/alertmanager", init)).status).toBe(401);
  });
});
