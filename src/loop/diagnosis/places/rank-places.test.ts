import { describe, expect, test } from "vitest";
import { diagnose } from "../diagnose.ts";
import type { Scene } from "../scene.ts";
import {
  edge,
  environment,
  finding,
  instance,
  madeScene,
  nowSteps,
  onsetMs,
  pastSteps,
  service,
} from "./made-scene.testsuite.ts";
import { rankPlaces } from "./rank-places.ts";

const near = ["cart", "checkout", "gateway", "store"];
const ranked = (scene: Scene) => rankPlaces(scene, near);
const first = (scene: Scene) => ranked(scene).places[0];

/** A gauge that is 10 and a little more, and `now` in the incident. */
const gauge = (name: string, now: number, of?: string) => ({
  name,
  ...(of === undefined ? {} : { instance: of }),
  attributes: {},
  points: Array.from({ length: pastSteps + nowSteps }, (_, i) => ({
    timeMs: onsetMs + (i - pastSteps) * 5_000,
    value: i >= pastSteps ? now : 10 + ((i * 3) % 4) * 0.1,
  })),
});

const slowStore = { slowerMs: 300 };
const callee = madeScene(
  {
    red: Object.fromEntries([
      service("gateway", { slowerMs: 310 }),
      service("cart", { slowerMs: 305 }),
      service("store", slowStore),
      service("checkout"),
      edge("cart", "store", slowStore),
    ]),
  },
  [finding("gateway", "duration"), finding("cart", "duration"), finding("store", "duration")],
);

describe("where it starts by all telemetry together", () => {
  test("at the callee that hurts its callers", () => {
    const found = ranked(callee);
    expect(found).toMatchObject({ isCredible: true, places: [{ service: "store", dimension: "latency" }] });
    expect(found.places[0]?.confidence).toBeGreaterThan(0.9);
    expect(found.missing).toEqual(["no traces", "no logs", "no changes"]);
  });

  test("at the callee that answers nobody and says nothing, by what its callers saw", () => {
    const hangs = { errors: 60, slowerMs: 500 };
    const red = Object.fromEntries([
      service("gateway", hangs),
      service("cart", hangs),
      service("checkout", hangs),
      edge("cart", "store", hangs),
      edge("checkout", "store", hangs),
    ]);
    const findings = [finding("gateway", "errors"), finding("cart", "errors"), finding("checkout", "errors")];
    const calls = ["cart", "checkout"].map((from) => finding(from, "errors", { from, to: "store" }));
    expect(first(madeScene({ red }, [...findings, ...calls]))?.service).toBe("store");
  });

  test("at the caller whose calls alone fail, not at the callee that is well for everybody else", () => {
    const fails = { errors: 45 };
    const red = Object.fromEntries([
      service("gateway", { errors: 50 }),
      service("cart", { errors: 48 }),
      service("store"),
      service("checkout"),
      edge("cart", "store", fails),
      edge("checkout", "store"),
    ]);
    const calls = finding("cart", "errors", { from: "cart", to: "store" });
    expect(first(madeScene({ red }, [finding("gateway", "errors"), finding("cart", "errors"), calls]))?.service).toBe(
      "cart",
    );
  });

  test("at a resource that ran out, without any request seen", () => {
    const streams = { cart: [gauge("memory", 10)], store: [gauge("memory", 10), gauge("disk", 95)] };
    const found = ranked(madeScene({ streams }, [finding("store", "metrics")]));
    expect(found).toMatchObject({ isCredible: true, places: [{ service: "store", resource: "disk" }] });
    expect(found.missing).toContain("no traces");
  });

  test("by a new kind of line, where requests say nothing", () => {
    const red = Object.fromEntries(near.map((s) => service(s)));
    const line = { text: "cannot reach shard 7", severity: 17, count: 12, firstMs: onsetMs, lastMs: onsetMs + 19_000 };
    const found = first(madeScene({ red, logs: { cart: [line], store: [] } }, [finding("cart", "logs")]));
    expect(found).toMatchObject({ service: "cart", dimension: "cannot reach shard #" });
  });

  test("nowhere, where nothing is out of the ordinary, and says so", () => {
    const calm = ranked(madeScene({ red: Object.fromEntries(near.map((s) => service(s))) }, [finding("cart", "rate")]));
    expect(calm.isCredible).toBe(false);
    expect(calm.nothingConfidence).toBeGreaterThan(0.9);
  });

  test("nowhere by a change alone: what changed and shows nothing is a bystander", () => {
    const change = {
      kind: "change",
      id: "c",
      change: "release",
      service: "cart",
      environment,
      timeMs: onsetMs - 5_000,
      source: "event",
    } as const;
    expect(ranked(madeScene({ changes: [change] }, [finding("cart", "errors")])).isCredible).toBe(false);
  });

  test("nowhere, with nothing to compare with, and names what is missing", () => {
    const { isCredible, missing } = ranked(madeScene({}, [finding("cart", "errors")]));
    expect(isCredible).toBe(false);
    expect(missing).toEqual(expect.arrayContaining(["no metrics", "no traces", "no logs"]));
  });

  test("at what is wrong now, not at what was wrong in the incident before", () => {
    const beganMs = onsetMs - 60_000;
    const [key, of] = service("store");
    const wasSlow = of.map((b) => (b.startMs >= beganMs && b.startMs < onsetMs ? { ...b, durationSumMs: 1e6 } : b));
    const red = Object.fromEntries([
      service("gateway", { errors: 40 }),
      service("cart", { errors: 40 }),
      [key, wasSlow] as const,
    ]);
    const over = { ...finding("store", "duration"), state: "cleared" as const, sinceMs: beganMs };
    const scene = madeScene({ red }, [over, finding("gateway", "errors"), finding("cart", "errors")]);
    expect(first({ ...scene, incident: { ...scene.incident, sinceMs: beganMs } })?.service).toBe("cart");
  });
});

describe("by traces", () => {
  /** One trace each second: gateway asks cart, which asks the store over `waitMs`, answered or not. */
  const traces = (
    waitMs: (isNow: boolean) => number,
    isAnswered: (isNow: boolean) => boolean,
  ): NonNullable<Scene["recentTraces"]> => {
    const spans = Array.from({ length: 300 }, (_, i) => {
      const startMs = onsetMs + (i - 285) * 1_000;
      const isNow = startMs >= onsetMs;
      const wait = waitMs(isNow) + (i % 5);
      const of = (service: string, id: string, parent: string | undefined, after: number, ms: number, over = {}) => ({
        kind: "span" as const,
        service,
        environment,
        traceId: `t${i}`,
        spanId: `t${i}/${id}`,
        ...(parent === undefined ? {} : { parentSpanId: `t${i}/${parent}` }),
        name: id,
        spanKind: "server" as const,
        startMs: startMs + after,
        durationMs: ms,
        error: false,
        ...over,
      });
      return [
        of("gateway", "root", undefined, 0, 30 + wait),
        of("gateway", "ask", "root", 1, 28 + wait, { spanKind: "client", peer: "cart" }),
        of("cart", "serve", "ask", 2, 26 + wait),
        of("cart", "fetch", "serve", 3, 10 + wait, { spanKind: "client", peer: "store" }),
        ...(isAnswered(isNow) ? [of("store", "read", "fetch", 4, 8)] : []),
      ];
    }).flat();
    return { spans, logs: [], traces: { all: 300, taken: 300 } };
  };
  const found = (of: NonNullable<Scene["recentTraces"]>) =>
    ranked(madeScene({ recentTraces: of }, [finding("gateway", "duration")]));

  test("at the other end of calls that are late between both", () => {
    const slow = found(
      traces(
        (isNow) => (isNow ? 400 : 2),
        () => true,
      ),
    );
    expect(slow.places[0]).toMatchObject({ service: "store", dimension: "calls to it" });
    expect(slow.missing).not.toContain("no traces");
  });

  test("at who does not answer any more, not at who waits for it", () =>
    expect(
      found(
        traces(
          (isNow) => (isNow ? 400 : 2),
          (isNow) => !isNow,
        ),
      ).places[0]?.service,
    ).toBe("store"));

  test("by a line an operation did not write before", () => {
    const usual = traces(
      () => 2,
      () => true,
    );
    const logs = usual.spans
      .filter((s) => s.service === "cart" && s.name === "serve")
      .map((s) => ({
        kind: "log" as const,
        service: "cart",
        environment,
        timeMs: s.startMs + 1,
        severity: 9,
        body: s.startMs < onsetMs ? "basket stored" : "basket could not be stored",
        traceId: s.traceId,
      }));
    expect(found({ ...usual, logs }).places[0]).toMatchObject({
      service: "cart",
      dimension: expect.stringContaining("stored"),
    });
  });
});

describe("which instance", () => {
  const three = (hurt: readonly string[]): Scene => {
    const instances = ["cart-1", "cart-2", "cart-3"].map((n) =>
      instance(n, "cart", hurt.includes(n) ? { errors: 25 } : {}),
    );
    const red = Object.fromEntries([service("gateway", { errors: 8 }), service("cart", { errors: 8 }), ...instances]);
    return madeScene({ red }, [finding("gateway", "errors"), finding("cart", "errors")]);
  };

  test("the one of three that stands out", () =>
    expect(first(three(["cart-2"]))).toMatchObject({
      service: "cart",
      instance: { name: "cart-2", dimension: "errors" },
    }));

  test("none, when all are hurt alike", () =>
    expect(first(three(["cart-1", "cart-2", "cart-3"]))).not.toHaveProperty("instance"));

  test("it speaks for the theory about that instance, and against one about another", () => {
    const down = (name: string): Scene => ({
      ...three(["cart-2"]),
      targets: { cart: { service: "cart", atMs: onsetMs, instances: [{ name, alive: false }], unreadable: [] } },
    });
    const loop = (name: string) => diagnose(down(name)).hypotheses.find((h) => h.cause === "crash-loop");
    expect(loop("cart-2")?.evidenceFor.map((e) => e.kind)).toContain("instance-stands-out");
    expect(loop("cart-1")?.evidenceAgainst.map((e) => e.kind)).toContain("another-instance-stands-out");
  });
});

describe("in a diagnosis", () => {
  test("it is on record, small, and the same each time", () => {
    const found = diagnose(callee);
    expect(found.ranking?.places[0]?.evidenceFor[0]?.text).toMatch(/latency: .* which explains \d+% of the harm/);
    expect(JSON.stringify(found).length).toBeLessThan(20_000);
    expect(JSON.stringify(diagnose(callee))).toBe(JSON.stringify(found));
  });

  test("where both agree, the ranking's confidence in the place counts", () => {
    const [hypothesis] = diagnose(callee).hypotheses;
    expect(hypothesis).toMatchObject({ service: "store", placeConfidence: first(callee)?.confidence });
    expect(hypothesis?.evidenceFor.map((e) => e.kind)).toContain("ranked-first");
  });

  test("with any kind of evidence withheld it still tells, or says that nothing is credible", () => {
    const streams = { store: [gauge("disk", 95)], cart: [gauge("disk", 10)] };
    const line = { text: "no space left", severity: 17, count: 12, firstMs: onsetMs, lastMs: onsetMs + 19_000 };
    const whole: Scene = { ...callee, streams, logs: { store: [line], cart: [] } };
    const { streams: _, ...withoutStreams } = whole;
    const { logs: __, ...withoutLogs } = whole;
    for (const scene of [whole, withoutStreams, withoutLogs, { ...whole, red: {} }])
      expect(first(scene)?.service).toBe("store");
    expect(ranked({ ...callee, red: {} })).toMatchObject({ isCredible: false, places: [] });
  });
});
