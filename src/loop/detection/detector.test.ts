import { describe, expect, it } from "vitest";
import { confirm } from "./confirm.ts";
import { createDetector, type Detector } from "./detector.ts";
import type { Edge, Finding } from "./finding.ts";
import { bucketMs, type RedBucket, type SeriesSubject } from "./red.ts";
import type { Slo } from "./slo.ts";
import { shopService, startMs, traffic, type Behaviour } from "./traffic.testsuite.ts";

const edge: Edge = { from: "gateway", to: "cart" };
const subjects: Readonly<Record<string, SeriesSubject>> = {
  cart: shopService("cart"),
  gateway: shopService("gateway"),
  "gateway>cart": { type: "edge", edge, environment: "shop" },
};
const dayBuckets = (24 * 3_600_000) / bucketMs;
const warm = 60;

/** One step of 5 s: the buckets that became complete, and what the detector says 3 s later. */
function step(detector: Detector, i: number, buckets: readonly RedBucket[]): Finding[] {
  detector.ingestBuckets(buckets);
  return detector.tick(startMs + i * bucketMs + 8_000);
}

/** Runs the series named by `change` for so many buckets; `change` tells who behaves how at which bucket. */
function run(buckets: number, change: Readonly<Record<string, (i: number) => Partial<Behaviour> | null>>, seed = 1) {
  const detector = createDetector();
  const makers = Object.keys(change).map(
    (name, n) => [name, traffic(subjects[name] ?? shopService(name), seed * 100 + n)] as const,
  );
  const told: (Finding & { bucket: number })[] = [];
  const confirmed: number[] = [];
  for (let i = 0; i < buckets; i++) {
    const made = makers.flatMap(([name, make]) => {
      const behaviour = change[name]?.(i);
      return behaviour ? [make(startMs + i * bucketMs, behaviour)] : [];
    });
    told.push(...step(detector, i, made).map((f) => ({ ...f, bucket: i })));
    if (confirm(detector.firing(), [edge], startMs + i * bucketMs + 8_000, 10_000).length > 0) confirmed.push(i);
  }
  return { detector, told, confirmed, fired: told.filter((f) => f.state === "firing") };
}

const from =
  (first: number, change: Partial<Behaviour>, to = Infinity) =>
  (i: number) =>
    i >= first && i < to ? change : {};
/** What was seen lies outside of what was expected. */
const isBeyond = ({ observed, expected, direction }: Finding): boolean =>
  expected !== null && (direction === "above" ? observed > expected.high : observed < expected.low);
const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

describe("detectors on traffic as usual", () => {
  it.each([
    ["steady", () => ({})],
    ["day and night", (i: number) => ({ perSecond: 7 * (1 + 0.6 * Math.sin((2 * Math.PI * i) / dayBuckets)) })],
    ["a swing of minutes", (i: number) => ({ perSecond: 7 * (1 + 0.12 * Math.sin((2 * Math.PI * i) / 48)) })],
    ["errors are usual", () => ({ errorShare: 0.05 })],
    ["little traffic", () => ({ perSecond: 0.6, errorShare: 0.005 })],
    ["long tail", () => ({ spread: 1.2 })],
  ])("say nothing over a day: %s", (_, behaviour) => {
    expect(run(dayBuckets, { cart: behaviour }).fired).toEqual([]);
  });

  it("say nothing while nothing is known yet", () => {
    expect(run(6, { cart: () => ({ errorShare: 0.9 }) }).fired).toEqual([]);
  });
});

describe("detectors on trouble", () => {
  it.each([
    ["errors", { errorShare: 0.2 }, 3, "above"],
    ["duration", { medianMs: 120, otherMs: 540 }, 3, "above"],
    ["rate", { perSecond: 1 }, 4, "below"],
  ] as const)(
    "find %s within 15 to 20 s, with onset, expectation and clearing",
    (dimension, trouble, buckets, direction) => {
      for (const seed of seeds) {
        const { told } = run(warm + 24, { cart: from(warm, trouble, warm + 10) }, seed);
        const mine = told.filter((f) => f.dimension === dimension);
        const [first] = mine;
        expect(first?.bucket).toBeLessThan(warm + buckets);
        expect(first).toMatchObject({ id: `cart/${dimension}@shop`, service: "cart", direction, state: "firing" });
        expect(Math.abs((first?.sinceMs ?? 0) - startMs - warm * bucketMs)).toBeLessThanOrEqual(bucketMs);
        expect(first && isBeyond(first)).toBe(true);
        expect(mine.at(-1)?.state).toBe("cleared");
      }
    },
  );

  it("do not take an outage for usual: the same errors are found again after it", () => {
    const trouble = (i: number) => ((i >= warm && i < warm + 120) || i >= warm + 180 ? { errorShare: 0.3 } : {});
    const { told } = run(warm + 190, { cart: trouble });
    const errors = told.filter((f) => f.dimension === "errors");
    expect(errors.filter((f) => f.state === "cleared")).toHaveLength(1);
    expect(errors.at(-1)?.state).toBe("firing");
    expect(errors.at(-1)?.expected?.mid).toBeLessThan(0.02);
  });

  it("take a level that lasts for the new usual", () => {
    const { told, detector } = run(warm + 400, { cart: from(warm, { perSecond: 2 }) });
    expect(told.some((f) => f.dimension === "rate" && f.state === "firing")).toBe(true);
    expect(detector.firing()).toEqual([]);
  });

  it.each([
    ["a level that lasted became the usual", (i: number) => ({ perSecond: i < warm ? 7 : 3 })],
    ["it had next to none at first", (i: number) => ({ perSecond: i < warm ? 0.1 : 7 })],
  ])("see traffic break down after %s", (_, before) => {
    const { told } = run(warm + 410, { cart: (i) => (i < warm + 400 ? before(i) : { perSecond: 0.2 }) });
    const seen = told.find((f) => f.bucket >= warm + 400);
    expect(seen).toMatchObject({ dimension: "rate", state: "firing", direction: "below" });
    expect(seen?.bucket).toBeLessThan(warm + 404);
  });

  it.each([
    ["a quarter of few requests that fail", { perSecond: 0.35 }, { errorShare: 0.25 }, "errors", 10],
    ["one in fourteen of two a second", { perSecond: 1.8 }, { errorShare: 0.07 }, "errors", 7],
    ["few requests that take thrice as long", { perSecond: 0.5 }, { medianMs: 140 }, "duration", 7],
  ] as const)("see %s within minutes, and that it is over", (_, usual, trouble, dimension, withinMinutes) => {
    const [minute, usualMinutes] = [12, 90];
    const isTrouble = (i: number) => i >= usualMinutes * minute && i < (usualMinutes + 20) * minute;
    const { told } = run(150 * minute, { cart: (i) => ({ ...usual, ...(isTrouble(i) ? trouble : {}) }) });
    const [first, ...more] = told.filter((f) => f.dimension === dimension);
    expect(first).toMatchObject({ id: `cart/${dimension}@shop`, state: "firing" });
    expect(first?.bucket).toBeGreaterThanOrEqual(usualMinutes * minute);
    expect(first?.bucket).toBeLessThanOrEqual((usualMinutes + withinMinutes) * minute);
    expect(Math.abs((first?.sinceMs ?? 0) - startMs - usualMinutes * 60_000)).toBeLessThanOrEqual(180_000);
    expect(first?.summary).toContain("since 2");
    expect(more.at(-1)?.state).toBe("cleared");
    expect(more.at(-1)?.bucket).toBeLessThanOrEqual((usualMinutes + 20 + 15) * minute);
    expect(told.filter((f) => f.dimension !== dimension)).toEqual([]);
  });

  it("leave to the usual look what it sees, so that what is over is said to be at once", () => {
    const [minute, usualMinutes] = [12, 90];
    const isTrouble = (i: number) => i >= usualMinutes * minute && i < (usualMinutes + 10) * minute;
    const { told } = run(130 * minute, {
      cart: (i) => ({ perSecond: 1.6, ...(isTrouble(i) ? { errorShare: 0.9 } : {}) }),
    });
    const errors = told.filter((f) => f.dimension === "errors");
    expect(errors[0]?.bucket).toBeLessThanOrEqual(usualMinutes * minute + 3);
    expect(errors.filter((f) => f.state === "cleared")).toHaveLength(1);
    expect(errors.at(-1)?.bucket).toBeLessThanOrEqual((usualMinutes + 11) * minute);
  });

  it("keep a finding when telemetry stops: missing is not well (B7)", () => {
    const { detector } = run(warm + 40, { cart: (i) => (i < warm ? {} : i < warm + 5 ? { errorShare: 0.5 } : null) });
    expect(
      detector
        .firing()
        .map((f) => f.dimension)
        .toSorted(),
    ).toEqual(["absence", "errors"]);
  });

  it("speak of a call as its caller saw it, and name what agrees", () => {
    const sick = from(warm, { errorShare: 0.3 });
    const { detector } = run(warm + 6, { cart: sick, gateway: sick, "gateway>cart": sick });
    const found = detector.firing();
    expect(found.find((f) => f.edge)).toMatchObject({ id: "gateway>cart/errors@shop", service: "gateway", edge });
    expect(found.find((f) => f.service === "cart")?.agreeing).toEqual([
      "gateway/errors@shop",
      "gateway/joint@shop",
      "gateway>cart/errors@shop",
    ]);
  });

  it("judge the sides of a service together: what each alone is too little for, with what each contributes", () => {
    const slower = (i: number) => ({ otherShare: 0.1, ...(i < warm ? {} : { medianMs: 75 }) });
    const { fired } = run(warm + 12, { gateway: slower, "gateway>cart": slower });
    expect(new Set(fired.map((f) => f.dimension))).toEqual(new Set(["joint"]));
    expect(fired.at(-1)?.summary).toMatch(
      /^gateway: unusual together \((latency|dependency) \d+%, (latency|dependency) \d+%\), since .*half take over 7\d ms, usually 4\d ms/,
    );
  });

  it("say nothing of one side alone that is too little by itself, nor of ten bad seconds of several", () => {
    const slower = (i: number) => ({ otherShare: 0.1, ...(i < warm ? {} : { medianMs: 75 }) });
    expect(run(warm + 30, { gateway: slower, "gateway>cart": () => ({}) }).fired).toEqual([]);
    const hiccup = (i: number) => (i === warm || i === warm + 1 ? { medianMs: 75 } : {});
    expect(run(warm + 30, { gateway: hiccup, "gateway>cart": hiccup }).fired).toEqual([]);
  });

  it("never look ahead: what is said by a time does not depend on what comes later", () => {
    const early = run(warm + 3, { cart: from(warm, { errorShare: 0.3 }) });
    const late = run(warm + 40, { cart: from(warm, { errorShare: 0.3 }, warm + 10) });
    expect(late.told.filter((f) => f.bucket < warm + 3)).toEqual(early.told);
  });
});

describe("agreement", () => {
  it("confirms an outage seen from several sides within 25 s", () => {
    const sick = from(warm, { errorShare: 0.3 });
    const { confirmed } = run(warm + 10, { cart: sick, gateway: sick, "gateway>cart": sick });
    expect(confirmed[0]).toBeLessThanOrEqual(warm + 4);
  });

  it.each([1, 2])(
    "does not confirm a blip of 3 s that falls into %d buckets, even when everybody sees it",
    (buckets) => {
      const blip = from(warm, { errorShare: 0.6 / buckets, medianMs: 200 }, warm + buckets);
      for (const seed of seeds) {
        const { confirmed, fired } = run(warm + 12, { cart: blip, gateway: blip, "gateway>cart": blip }, seed);
        expect(fired.length).toBeGreaterThan(0);
        expect(confirmed).toEqual([]);
      }
    },
  );
});

describe("silence", () => {
  it("is told after 20 s, instead of little traffic, and ends when telemetry returns", () => {
    const { told } = run(warm + 20, { cart: (i) => (i < warm || i > warm + 10 ? {} : null) });
    const [first] = told;
    expect(first).toMatchObject({ dimension: "absence", direction: "absent", sinceMs: startMs + warm * bucketMs });
    expect(first?.bucket).toBeLessThanOrEqual(warm + 3);
    expect(told.some((f) => f.dimension === "rate")).toBe(false);
    expect(told.at(-1)).toMatchObject({ dimension: "absence", state: "cleared" });
  });

  it("of several services alone makes a group, so that people are told", () => {
    const gone = (i: number) => (i < warm ? {} : null);
    const { detector } = run(warm + 10, { cart: gone, gateway: gone });
    const groups = confirm(detector.firing(), [edge], startMs + (warm + 10) * bucketMs, 10_000);
    expect(groups.map((g) => g.findings.map((f) => f.dimension))).toEqual([["absence", "absence"]]);
  });

  it("of what never sent, or sends nothing by declaration, is no finding", () => {
    const detector = createDetector();
    detector.configure([], [{ name: "cart", telemetryName: "cart", environment: "shop", emitsTelemetry: false }]);
    const make = traffic(shopService("cart"), 1);
    for (let i = 0; i < 10; i++) step(detector, i, [make(startMs + i * bucketMs)]);
    for (let i = 10; i < 40; i++) expect(step(detector, i, [])).toEqual([]);
  });
});

const slo: Slo = {
  name: "cart-availability",
  service: "cart",
  environment: "shop",
  objective: 0.99,
  windowMs: 28 * 24 * 3_600_000,
  indicator: { type: "errors" },
  alerts: [{ severity: "page", longMs: 60_000, shortMs: 15_000, factor: 10 }],
};

function runSlo(behaviour: (i: number) => Partial<Behaviour> | null, buckets: number, given: Slo = slo) {
  const detector = createDetector();
  detector.configure([given]);
  const make = traffic(shopService("cart"), 5);
  const told: Finding[] = [];
  for (let i = 0; i < buckets; i++) {
    detector.configure([structuredClone(given)]);
    const now = behaviour(i);
    told.push(...step(detector, i, now ? [make(startMs + i * bucketMs, now)] : []));
  }
  return { detector, burns: told.filter((f) => f.dimension === "burn-rate") };
}

describe("burn rates", () => {
  it("fire without a baseline, say how full the window is, and clear", () => {
    const { burns } = runSlo((i) => ({ errorShare: i < 4 ? 0.4 : 0 }), 20);
    expect(burns[0]).toMatchObject({ expected: null, subject: slo.name, urgency: "page", sinceMs: startMs });
    expect(burns[0]?.summary).toContain("of which");
    expect(burns.at(-1)?.state).toBe("cleared");
  });

  it("do not fire on a short burst that the long window bears", () => {
    expect(runSlo((i) => ({ errorShare: i === 30 ? 0.15 : 0 }), 50).burns).toEqual([]);
  });

  it("do not clear while nothing comes in (B7)", () => {
    const { detector } = runSlo((i) => (i < 4 ? { errorShare: 0.5 } : null), 60);
    expect(detector.firing().some((f) => f.dimension === "burn-rate")).toBe(true);
  });

  it("count slow requests as bad where the objective is about duration", () => {
    const slow: Slo = { ...slo, indicator: { type: "duration", thresholdMs: 500 } };
    expect(runSlo(() => ({ medianMs: 2_000 }), 6, slow).burns[0]?.state).toBe("firing");
    expect(runSlo(() => ({}), 6, slow).burns).toEqual([]);
  });
});
