import { describe, expect, test } from "vitest";
import { durationBoundsMs, seriesKey, type RedBucket } from "../detection/red.ts";
import type { Finding } from "../detection/finding.ts";
import { openIncident } from "../incident/correlate.ts";
import { joinTopology } from "../incident/topology.ts";
import type { ChangeSignal } from "../signal/signal.ts";
import type { TargetState } from "../signal/target-state.ts";
import { diagnose } from "./diagnose.ts";
import type { Scene } from "./scene.ts";
import { saying, signatureOf } from "./signatures/signature-world.testsuite.ts";

const environment = "demo";
const base = 1_000_000;
const finding = (service: string, dimension: Finding["dimension"], over: Partial<Finding> = {}): Finding => ({
  id: `${service}/${over.edge ? `${over.edge.to}/` : ""}${dimension}@demo`,
  service,
  environment,
  dimension,
  state: "firing",
  direction: "above",
  expected: null,
  observed: 0.4,
  unit: "share",
  unusualness: 0.999,
  sinceMs: base,
  atMs: base + 10_000,
  agreeing: [],
  telemetry: "sha256:00",
  summary: `${service} ${dimension}`,
  ...over,
});
const bucket = (service: string, count: number, errors: number, ownErrors: number): [string, RedBucket[]] => {
  const series = seriesKey({ type: "service", service, environment });
  return [
    series,
    [
      {
        series,
        startMs: base + 5_000,
        count,
        errors,
        ownErrors,
        durationSumMs: count * 10,
        durations: durationBoundsMs.map(() => 0).concat(0),
      },
    ],
  ];
};
const target = (service: string, over: Partial<TargetState> = {}): TargetState => ({
  service,
  atMs: base + 10_000,
  release: "1.1.0",
  config: { main: "sha256:a" },
  instances: [{ name: `${service}-1`, alive: true, healthy: true }],
  unreadable: [],
  ...over,
});

/** gateway -> cart -> store; cart errs by itself and gateway, louder, because of it. */
function scene(
  over: Partial<Scene> = {},
  findings = [
    finding("gateway", "errors"),
    finding("cart", "errors"),
    finding("gateway", "errors", { edge: { from: "gateway", to: "cart" } }),
  ],
): Scene {
  return {
    incident: openIncident({ environment, findings, alerts: [], why: "" }, [], base + 10_000),
    nowMs: base + 12_000,
    services: [],
    topology: joinTopology(
      [
        { from: "gateway", to: "cart" },
        { from: "cart", to: "store" },
      ],
      [],
    ),
    changes: [],
    exits: [],
    targets: { gateway: target("gateway"), cart: target("cart", { release: "1.2.0" }), store: target("store") },
    knownGood: { gateway: { release: "1.1.0" }, cart: { release: "1.1.0", config: { main: "sha256:a" } } },
    red: Object.fromEntries([bucket("gateway", 200, 120, 0), bucket("cart", 100, 50, 50)]),
    tried: [],
    ...over,
  };
}
const first = (s: Scene) => diagnose(s).hypotheses[0];

describe("where it starts", () => {
  test("blames the service whose errors nothing below explains, not the loudest one", () => {
    expect(first(scene())).toMatchObject({ service: "cart", cause: "bad-release" });
  });

  test("finds the release without any change event, by what runs and what was good", () => {
    const s = scene();
    expect(s.changes).toEqual([]);
    expect(first(s)?.evidenceFor.map((e) => e.kind)).toContain("release-not-known-good");
  });

  test("an innocent release elsewhere at the same moment does not draw the blame", () => {
    const innocent = {
      kind: "change",
      id: "c1",
      change: "release",
      service: "payment",
      environment,
      timeMs: base - 3_000,
      to: "9",
      source: "event",
    } as const;
    const s = scene({
      changes: [innocent],
      targets: { ...scene().targets, payment: target("payment", { release: "9" }) },
    });
    expect(first(s)?.service).toBe("cart");
    expect(diagnose(s).hypotheses.some((h) => h.service === "payment")).toBe(false);
  });

  test("a change after the first symptom is no cause", () => {
    const late = {
      kind: "change",
      id: "c1",
      change: "release",
      service: "cart",
      environment,
      timeMs: base + 60_000,
      to: "1.2.0",
      source: "event",
    } as const;
    const [h] = diagnose(scene({ changes: [late] })).hypotheses;
    const release = diagnose(scene({ changes: [late] })).hypotheses.find((x) => x.cause === "bad-release");
    expect(release?.evidenceAgainst.map((e) => e.kind) ?? ["change-after-onset"]).toContain("change-after-onset");
    expect(h?.confidence).toBeLessThan(1);
  });
});

describe("what went wrong", () => {
  test("config that differs from known good, with the release as it was", () => {
    const s = scene({ targets: { ...scene().targets, cart: target("cart", { config: { main: "sha256:b" } }) } });
    expect(first(s)).toMatchObject({ service: "cart", cause: "bad-config", subject: "main" });
  });

  test("a remedy that did not help makes way for the next hypothesis", () => {
    const targets = { ...scene().targets, cart: target("cart", { release: "1.2.0", config: { main: "sha256:b" } }) };
    const release = {
      kind: "change",
      id: "c1",
      change: "release",
      service: "cart",
      environment,
      timeMs: base - 3_000,
      to: "1.2.0",
      source: "event",
    } as const;
    expect(first(scene({ targets, changes: [release] }))?.cause).toBe("bad-release");
    expect(first(scene({ targets, changes: [release], tried: ["cart/bad-release"] }))?.cause).toBe("bad-config");
  });

  test("a store that is alive and silent, seen only by its callers", () => {
    const findings = [
      finding("cart", "errors"),
      finding("cart", "errors", { edge: { from: "cart", to: "store" } }),
      finding("gateway", "errors"),
    ];
    const hung = target("store", { instances: [{ name: "store-1", alive: true, healthy: false }] });
    const s = scene(
      {
        targets: { ...scene().targets, cart: target("cart"), store: hung },
        red: Object.fromEntries([bucket("gateway", 200, 120, 0), bucket("cart", 100, 50, 0)]),
      },
      findings,
    );
    expect(first(s)).toMatchObject({ service: "store", cause: "dependency-hang" });
  });

  test("a caller with a wrong address is blamed, not the callee that is well for everybody else", () => {
    const edge = (from: string, to: string, count: number, errors: number): [string, RedBucket[]] => {
      const [, [b]] = bucket(from, count, errors, 0) as [string, [RedBucket]];
      const series = seriesKey({ type: "edge", edge: { from, to }, environment });
      return [series, [{ ...b, series }]];
    };
    const findings = [
      finding("cart", "errors"),
      finding("cart", "errors", { edge: { from: "cart", to: "store" } }),
      finding("gateway", "errors"),
    ];
    const topology = joinTopology(
      [
        { from: "gateway", to: "cart" },
        { from: "cart", to: "store" },
        { from: "checkout", to: "store" },
      ],
      [],
    );
    const red = Object.fromEntries([
      bucket("gateway", 200, 120, 0),
      bucket("cart", 100, 90, 0),
      edge("cart", "store", 100, 90),
      edge("checkout", "store", 80, 0),
    ]);
    const targets = { ...scene().targets, cart: target("cart", { config: { main: "sha256:b" } }) };
    expect(first(scene({ topology, red, targets }, findings))).toMatchObject({ service: "cart", cause: "bad-config" });
    const less = { direction: "below", unit: "requests/s" } as const;
    const asksLess = [
      finding("checkout", "rate", { ...less, edge: { from: "checkout", to: "store" } }),
      finding("store", "rate", less),
      finding("store", "joint", {
        contributions: (["traffic", "saturation"] as const).map((dimension) => ({
          dimension,
          share: 0.5,
          chance: 1e-5,
          from: "metrics",
          text: "less of it",
        })),
      }),
    ];
    const everybodyAsksLess = scene({ topology, red, targets }, [...findings, ...asksLess]);
    expect(first(everybodyAsksLess)).toMatchObject({ service: "cart", cause: "bad-config" });
    expect(first(everybodyAsksLess)?.confidence).toBeGreaterThan(0.5);
  });

  test("a silent service behind an alert alone is found by the alert and by looking at it", () => {
    const alert = {
      kind: "alert",
      fingerprint: "f1",
      name: "CartDown",
      status: "firing",
      service: "cart",
      environment,
      severity: "page",
      labels: {},
      annotations: {},
      startsAtMs: base,
    } as const;
    const incident = openIncident({ environment, findings: [], alerts: [alert], why: "" }, [], base + 10_000);
    const hung = target("cart", { instances: [{ name: "cart-1", alive: true, healthy: false }] });
    const found = diagnose({ ...scene({ red: {}, targets: { cart: hung }, knownGood: {} }), incident }).hypotheses[0];
    expect(found).toMatchObject({ service: "cart", cause: "dependency-hang" });
    expect(found?.confidence).toBeGreaterThan(0.6);
  });

  test("nothing but silence is a loss of telemetry, never an outage", () => {
    const findings = ["gateway", "cart"].map((s) => finding(s, "absence", { direction: "absent" }));
    const found = diagnose(scene({ targets: { gateway: target("gateway"), cart: target("cart") } }, findings));
    expect(found.hypotheses.map((h) => h.cause)).toEqual(["telemetry-loss"]);
  });
});

describe("what signatures add", () => {
  const full = signatureOf([saying(4, "no space left on device")], { name: "disk-full", cause: "disk-full" });
  const line = { text: "write: No space left on device", severity: 17, count: 3, firstMs: base, lastMs: base + 9_000 };
  const settled = { targets: { cart: target("cart") }, knownGood: { cart: { release: "1.1.0" } }, signatures: [full] };

  test("a known failure, where its evidence is and nothing explains it better", () => {
    const found = first(scene({ ...settled, logs: { cart: [line] } }));
    expect(found).toMatchObject({
      service: "cart",
      cause: "disk-full",
      explanations: [{ signature: "disk-full", version: "1.0.0" }],
    });
    expect(found?.confidence).toBeGreaterThan(0.6);
    expect(found?.evidenceFor.find((e) => e.kind === "log-says")?.text).toContain("No space left on device");
  });

  test("a finding about the log tells it where the lines themselves are not kept", () => {
    const told = finding("cart", "logs", { direction: "present", subject: "write: No space left on device" });
    const s = scene(settled, [finding("cart", "errors"), told]);
    expect(first(s)).toMatchObject({ cause: "disk-full" });
    expect(first(s)?.evidenceFor.find((e) => e.kind === "log-says")?.refs).toEqual([told.id]);
  });

  test("nothing, where the lines are another service's", () =>
    expect(diagnose(scene({ ...settled, logs: { store: [line] } })).hypotheses[0]?.cause).not.toBe("disk-full"));

  test("no instance to act upon by a line of a log alone", () => {
    const loop = signatureOf([saying(4, "back-off restarting")], { name: "crash-loop", cause: "crash-loop" });
    const logs = { cart: [{ ...line, text: "Back-off restarting cart-1", instance: "cart-1" }] };
    const found = first(scene({ ...settled, signatures: [loop], logs }));
    expect(found?.cause).toBe("crash-loop");
    expect(found).not.toHaveProperty("instance");
  });

  test("to what is seen on the target itself, one hypothesis and at most two nats", () => {
    const loop = signatureOf([saying(4, "back-off restarting")], { name: "crash-loop", cause: "crash-loop" });
    const down = target("cart", { instances: [{ name: "cart-1", alive: false }] });
    const logs = { cart: [{ ...line, text: "Back-off restarting cart-1" }] };
    const s = scene({ ...settled, targets: { cart: down }, signatures: [loop], logs });
    const loops = diagnose(s).hypotheses.filter((h) => h.cause === "crash-loop");
    expect(loops).toHaveLength(1);
    expect(loops[0]).toMatchObject({ instance: "cart-1", explanations: [{ signature: "crash-loop" }] });
    expect(loops[0]?.evidenceFor.find((e) => e.kind === "log-says")?.weight).toBe(2);
  });

  test("no crash loop to the restarts of a roll-out", () => {
    const ends = { type: "exit", codes: [], signals: [], atLeast: 2 } as const;
    const loop = signatureOf([{ weight: 4, look: ends }], { name: "crash-loop", cause: "crash-loop" });
    const exits = [1, 2, 3].map((n) => ({ service: "cart", instance: "cart-1", atMs: base + n * 1_000 }));
    const change: ChangeSignal = {
      kind: "change",
      id: "r",
      change: "release",
      service: "cart",
      environment,
      timeMs: base,
      source: "observed",
    };
    const causes = (changes: ChangeSignal[]) =>
      diagnose(scene({ ...settled, signatures: [loop], exits, changes })).hypotheses.map((h) => h.cause);
    expect(causes([])).toContain("crash-loop");
    expect(causes([change])).not.toContain("crash-loop");
  });

  test("other inputs to the digest of what was read", () =>
    expect(diagnose(scene({ ...settled, logs: { cart: [line] } })).inputs).not.toBe(diagnose(scene(settled)).inputs));
});

describe("laws", () => {
  test("confidence never reaches 1 and the sum never exceeds it", () => {
    const { hypotheses } = diagnose(scene());
    expect(Math.max(...hypotheses.map((h) => h.confidence))).toBeLessThan(1);
    expect(hypotheses.reduce((n, h) => n + h.confidence, 0)).toBeLessThanOrEqual(1);
  });

  test("the same scene gives the same diagnosis, byte for byte", () =>
    expect(JSON.stringify(diagnose(scene()))).toBe(JSON.stringify(diagnose(scene()))));

  test("with no evidence at all it says that nothing is known", () => {
    const s = scene({ targets: {}, knownGood: {}, red: {} }, [finding("cart", "rate", { direction: "below" })]);
    expect(Math.max(0, ...diagnose(s).hypotheses.map((h) => h.confidence))).toBeLessThan(0.6);
  });
});

describe("an instance that is down", () => {
  const down = target("cart", { instances: [{ name: "cart-1", alive: false }] });
  const told = (over: Partial<Scene>): string | undefined =>
    diagnose(scene({ targets: { cart: down }, ...over }))
      .hypotheses.find((h) => h.cause === "crash-loop")
      ?.evidenceFor.find((e) => e.kind === "instance-exits")?.text;
  const exit = { service: "cart", instance: "cart-1", atMs: base + 9_000 };
  const release: ChangeSignal = {
    kind: "change",
    id: "r",
    change: "release",
    service: "cart",
    environment,
    timeMs: base + 8_000,
    source: "observed",
  };

  test("is never said to have ended when nobody saw it run", () => {
    expect(told({})).toBe("cart-1 is down, and was not seen to run in the last two minutes");
    expect(told({ exits: [exit] })).toBe("cart-1 ended 1 time in the last two minutes and is down now");
    expect(told({ exits: [exit], changes: [release] })).toBe("cart-1 is down since a roll-out");
  });
});
