import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { careParts } from "../src/app/care.ts";
import { createMetricsStores } from "../src/app/metrics-stores.ts";
import { checkCare } from "../src/care/check-care.ts";
import { gatherMetrics } from "../src/engine/gather-metrics.ts";
import { checkGates } from "../src/engine/check-gates.ts";
import type { World } from "../src/engine/world.ts";
import { diagnose } from "../src/loop/diagnosis/diagnose.ts";
import type { Scene } from "../src/loop/diagnosis/scene.ts";
import type { Finding } from "../src/loop/detection/finding.ts";
import { durationBoundsMs, seriesKey, type RedBucket } from "../src/loop/detection/red.ts";
import { openIncident } from "../src/loop/incident/correlate.ts";
import type { Plan } from "../src/loop/plan/plan.ts";
import type { QueryGate } from "../src/loop/plan/runbook.ts";
import type { ActiveConfig } from "../src/ports/config.ts";
import { noPrometheus, startPrometheus, type RealPrometheus } from "./start-prometheus.ts";

const environment = "prod";
const serviceDocument = (name: string, metrics: readonly object[]) => ({
  apiVersion: "homeostat.dev/v1",
  kind: "Service",
  metadata: { name },
  spec: { environment, owner: "shop", emitsTelemetry: false, metrics },
});
const depth = (name: string, query = 'max(queue_depth{service="${service.name}"})') => ({
  name,
  query,
  unit: "items",
  dimension: "queue",
});
const finding = (service: string, sinceMs: number): Finding => ({
  id: `${service}/errors`,
  service,
  environment,
  dimension: "errors",
  state: "firing",
  direction: "above",
  expected: null,
  observed: 0.4,
  unit: "share",
  unusualness: 0.999,
  sinceMs,
  atMs: sinceMs,
  agreeing: [],
  telemetry: "sha256:00",
  summary: `${service} fails`,
});

/** A service of which half the requests fail by themselves: by telemetry alone, one is as good a guess as the other. */
const failing = (service: string, startMs: number): [string, RedBucket[]] => {
  const series = seriesKey({ type: "service", service, environment });
  const counts = { count: 100, errors: 50, ownErrors: 50, durationSumMs: 1_000 };
  return [series, [{ series, startMs, ...counts, durations: durationBoundsMs.map(() => 0).concat(0) }]];
};

/** One value of each service every second: the fault fills cart's queue, and nobody else's. */
function history(faultAtMs: number, nowMs: number): string {
  const moments = Array.from({ length: 1_500 }, (_, i) => nowMs - (1_500 - i) * 1_000);
  const sample = (service: string, value: number, atMs: number) => `queue_depth{service="${service}"} ${value} ${atMs}`;
  return ["cart", "payment"]
    .flatMap((service) =>
      moments.map((atMs, i) => sample(service, service === "cart" && atMs >= faultAtMs ? 60 : 3 + (i % 3), atMs)),
    )
    .join("\n");
}

describe.skipIf(noPrometheus !== "")(`evidence and gates by a real Prometheus${noPrometheus}`, () => {
  let dir: string;
  let real: RealPrometheus;
  let world: World;
  let live = 5;
  let looks = 0;
  const faultAtMs = Date.now() - 120_000;

  async function givenCare(url: string): Promise<ActiveConfig> {
    const settings = {
      apiVersion: "homeostat.dev/v1",
      kind: "Settings",
      metadata: { name: "settings" },
      spec: { prometheus: [{ url, environments: [environment], maxAge: "3s" }] },
    };
    const documents = [
      serviceDocument("cart", [depth("depth"), depth("nobody-counts", "nobody_counts")]),
      serviceDocument("payment", [depth("depth"), depth("no-type", 'rate(queue_depth{service="payment"})')]),
      settings,
    ];
    await writeFile(join(dir, "care.yaml"), documents.map((d) => stringify(d)).join("---\n"));
    const { config, errors } = await checkCare(dir, careParts());
    if (!config) throw new Error(JSON.stringify(errors));
    return config;
  }

  const worldOf = (config: ActiveConfig): { world: World; status: () => { state: string; detail: string }[] } => {
    const clock = { nowMs: () => Date.now() };
    const redactor = { redact: (text: string) => text };
    const stores = createMetricsStores({ servers: () => config.settings.prometheus, redactor, clock });
    const parts = { clock, config: () => config, evidence: (e: string) => stores.of(e) };
    return { world: parts as unknown as World, status: () => stores.status() };
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "evidence-"));
    real = await startPrometheus(() => {
      looks++;
      return `${looks === 1 ? `${history(faultAtMs, Date.now())}\n` : ""}backlog{service="cart"} ${live}\n`;
    });
    ({ world } = worldOf(await givenCare(real.url)));
    while (looks < 3) await sleep(200);
  });
  afterAll(async () => {
    await real?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const sceneOf = async (of: World): Promise<Scene> => {
    const findings = [finding("cart", faultAtMs), finding("payment", faultAtMs)];
    const incident = openIncident({ environment, findings, alerts: [], why: "" }, [], faultAtMs + 10_000);
    const { services } = of.config();
    const metrics = await gatherMetrics(of, incident, services, Date.now());
    const scene = { incident, nowMs: Date.now(), services, topology: { edges: [] }, changes: [], exits: [] };
    const red = Object.fromEntries(["cart", "payment"].map((s) => failing(s, faultAtMs)));
    return { ...scene, targets: {}, knownGood: {}, red, tried: [], ...(metrics ? { metrics } : {}) };
  };

  test("a service whose metric left its own past is blamed before one whose did not", async () => {
    const { hypotheses, missing } = diagnose(await sceneOf(world));
    expect(hypotheses.map((h) => h.service)).toEqual(["cart", "payment"]);
    const [cart, payment] = hypotheses;
    expect(cart?.evidenceFor.find((e) => e.kind === "metric-deviates")).toMatchObject({
      text: expect.stringMatching(
        /^depth is 60 items since (\d+ s (before|after) )?the first symptom, expected at most \d+(\.\d+)? items$/,
      ),
      refs: ["cart/depth"],
    });
    expect(payment?.evidenceAgainst.map((e) => e.text)).toContain("depth is as before the incident");
    expect(missing).toContain("metric nobody-counts of cart: no value");
    expect(missing).toContainEqual(
      expect.stringMatching(/^metric no-type of payment: bad-query: answered 400: .*expected type range vector/),
    );
  });

  test("a Prometheus that is not there narrows nothing, and is named", async () => {
    const away = worldOf(await givenCare("http://127.0.0.1:1"));
    const without = { ...(await sceneOf(world)), metrics: undefined };
    const { metrics: _none, ...plain } = without;
    const scene = await sceneOf(away.world);
    const { hypotheses, missing } = diagnose(scene);
    expect(hypotheses.map((h) => [h.id, h.confidence])).toEqual(
      diagnose({ ...plain, incident: scene.incident }).hypotheses.map((h) => [h.id, h.confidence]),
    );
    expect(missing).toContainEqual(expect.stringMatching(/^Prometheus at 127\.0\.0\.1:1: unreachable: /));
    expect(missing).toContain("4 declared metrics were not looked at");
    expect(away.status()).toMatchObject([
      { state: "degraded", detail: expect.stringMatching(/127\.0\.0\.1:1: unreach/) },
    ]);
  });

  test("a gate fails, waits and passes by what the server says after the act", { timeout: 60_000 }, async () => {
    const plan = { service: "cart", environment, incidentId: "inc-1" } as unknown as Plan;
    const query = 'max(backlog{service="cart"})';
    const gate: QueryGate = { type: "promql", query, comparison: "<", threshold: 10, forMs: 3_000 };
    const look = async (over: Partial<QueryGate> = {}, sinceMs = 0) => {
      const { gates, verdict } = await checkGates(world, plan, [{ ...gate, ...over }], sinceMs);
      return { verdict, text: gates[0]?.text };
    };
    live = 40;
    await sleep(5_000);
    expect(await look()).toEqual({
      verdict: "fail",
      // On a busy machine the last look of the server may be a moment ago.
      text: expect.stringMatching(/^`max\(backlog\{service="cart"\}\)` is 40( \d+s ago)?, expected < 10 for 3s$/),
    });
    expect(await look({ query: "nobody_counts" })).toMatchObject({ verdict: "inconclusive" });
    expect(await look({ query: `${query} * NaN` })).toMatchObject({ verdict: "inconclusive" });
    expect(await look({ query: "sum(rate(backlog))" })).toMatchObject({ verdict: "inconclusive" });
    live = 2;
    const actedMs = Date.now();
    expect(await look({}, actedMs)).toMatchObject({
      verdict: "inconclusive",
      text: expect.stringMatching(/waiting \d+s/),
    });
    const untilMs = actedMs + 20_000;
    let seen = await look({}, actedMs);
    while (seen.verdict !== "pass" && Date.now() < untilMs) {
      await sleep(500);
      seen = await look({}, actedMs);
    }
    expect(seen).toEqual({ verdict: "pass", text: '`max(backlog{service="cart"})` is 2, expected < 10 for 3s' });
    expect(Date.now() - actedMs, "the window and the age a sample may have lie after the act").toBeGreaterThan(6_000);
  });

  test(
    "a server that went away makes a gate inconclusive, and what is stale does not pass",
    { timeout: 60_000 },
    async () => {
      const plan = { service: "cart", environment, incidentId: "inc-1" } as unknown as Plan;
      const gate: QueryGate = { type: "promql", query: "queue_depth", comparison: "<", threshold: 100, forMs: 2_000 };
      const stale = await checkGates(world, plan, [gate], 0);
      expect(stale.gates[0]).toMatchObject({
        verdict: "inconclusive",
        text: expect.stringContaining("gives no value"),
      });
      await real.stop();
      const { gates } = await checkGates(world, plan, [gate], 0);
      expect(gates[0]).toMatchObject({ verdict: "inconclusive", text: expect.stringMatching(/: unreachable: /) });
    },
  );
});
