import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { Finding } from "../loop/detection/finding.ts";
import type { NotableLine } from "../loop/detection/notable-line.ts";
import { durationBoundsMs, seriesKey, type RedBucket } from "../loop/detection/red.ts";
import { diagnose } from "../loop/diagnosis/diagnose.ts";
import type { Scene } from "../loop/diagnosis/scene.ts";
import type { Signature } from "../loop/diagnosis/signatures/signature.ts";
import { openIncident } from "../loop/incident/correlate.ts";
import { givenFinding } from "../loop/incident/given-finding.testsuite.ts";
import { joinTopology } from "../loop/incident/topology.ts";
import type { ChangeSignal } from "../loop/signal/signal.ts";
import { careOptions } from "./care-world.testsuite.ts";
import { checkCare } from "./check-care.ts";

const [environment, base] = ["demo", 1_000_000];

let signatures: readonly Signature[] = [];
beforeAll(async () => {
  const folder = fileURLToPath(new URL("../../care/services-example", import.meta.url));
  signatures = (await checkCare(folder, careOptions())).config?.signatures ?? [];
  expect(signatures.length).toBeGreaterThan(40);
});

const line = (text: string): NotableLine => ({ text, severity: 13, count: 9, firstMs: base, lastMs: base + 9_000 });
const red = (service: string, count: number, errors: number, ownErrors: number): [string, RedBucket[]] => {
  const series = seriesKey({ type: "service", service, environment });
  const durations = durationBoundsMs.map(() => 0).concat(0);
  return [series, [{ series, startMs: base + 5_000, count, errors, ownErrors, durationSumMs: count, durations }]];
};

/** gateway calls cart; both fail, cart by itself. */
const scene = (over: Partial<Scene>): Scene => {
  const errors = (service: string, edge?: Finding["edge"]) =>
    givenFinding(service, {
      id: `${service}/${edge?.to ?? ""}/errors`,
      sinceMs: base,
      atMs: base + 9_000,
      ...(edge ? { edge } : {}),
    });
  const findings = [errors("gateway"), errors("cart"), errors("gateway", { from: "gateway", to: "cart" })];
  return {
    incident: openIncident({ environment, findings, alerts: [], why: "" }, [], base + 10_000),
    nowMs: base + 12_000,
    services: [],
    topology: joinTopology([{ from: "gateway", to: "cart" }], []),
    changes: [],
    exits: [],
    targets: {},
    knownGood: {},
    red: Object.fromEntries([red("gateway", 200, 120, 0), red("cart", 100, 50, 50)]),
    tried: [],
    signatures,
    ...over,
  };
};
const best = (over: Partial<Scene>) => diagnose(scene(over)).hypotheses[0];

describe("the shipped signatures in a diagnosis", () => {
  test("name what a service says of itself", () => {
    const found = best({ logs: { cart: [line("Error: EMFILE: too many open files, open '/etc/hosts'")] } });
    expect(found).toMatchObject({ service: "cart", cause: "file-descriptors-exhausted" });
    expect(found?.explanations?.[0]?.missing).toContain("metric process_open_fds of cart");
  });

  test("leave the blame with a callee that is seen to be down, whatever its callers complain of", () => {
    const seen: Partial<Scene> = {
      targets: {
        cart: { service: "cart", atMs: base, instances: [{ name: "cart-1", alive: false }], unreadable: [] },
      },
      exits: [1, 2, 3].map((n) => ({ service: "cart", instance: "cart-1", atMs: base + n * 1_000 })),
    };
    const alone = best(seen);
    const complained = best({ ...seen, logs: { gateway: [line("cart at port 8081 refused the connection")] } });
    expect(complained).toMatchObject({ service: "cart", cause: "crash-loop", instance: "cart-1" });
    expect(complained?.confidence).toBeGreaterThan((alone?.confidence ?? 1) - 0.05);
  });

  test("do not keep a fresh release from being the first suspect for what it brought", () => {
    const change: ChangeSignal = {
      kind: "change",
      id: "c1",
      change: "release",
      service: "cart",
      environment,
      timeMs: base - 20_000,
      source: "observed",
    };
    const found = best({
      changes: [change],
      targets: { cart: { service: "cart", atMs: base, release: "2", unreadable: [] } },
      knownGood: { cart: { release: "1" } },
      logs: { cart: [line("Error: timeout exceeded when trying to connect")] },
    });
    expect(found?.cause).toBe("bad-release");
    expect(found?.confidence).toBeGreaterThanOrEqual(0.6);
  });

  test("a thousand hostile lines in fifty services are weighed soon", () => {
    const names = Array.from({ length: 50 }, (_, i) => `s${i}`);
    const lines = Array.from({ length: 60 }, (_, i) => line(`${i} could not connect `.repeat(2_000)));
    const startMs = performance.now();
    best({ logs: Object.fromEntries(["cart", "gateway", ...names].map((n) => [n, lines])) });
    expect(performance.now() - startMs).toBeLessThan(3_000);
  });
});
