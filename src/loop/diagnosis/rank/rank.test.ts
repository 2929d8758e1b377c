import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../kernel/random.ts";
import { rank } from "./rank.ts";
import type { Recording, Series } from "./recording.ts";

const minuteMs = 60_000;
const pastMinutes = 30;
const nowMinutes = 5;

/** A level with a small ripple, and what is added to it in the window. */
function series(place: string, dimension: string, level: number, more = 0): Series {
  const at = Array.from({ length: pastMinutes + nowMinutes }, (_, i) => i);
  const values = at.map((i) => level * (1 + 0.02 * ((i * 7) % 5)) + (i >= pastMinutes ? more : 0));
  return { place, dimension, timesMs: at.map((i) => i * minuteMs), values };
}

const recording = (parts: Partial<Recording>): Recording => ({
  places: ["shop", "cart", "stock", "mail"].map((id) => ({ id })),
  calls: [
    { from: "shop", to: "cart" },
    { from: "cart", to: "stock" },
    { from: "shop", to: "mail" },
  ],
  series: [],
  spans: [],
  logs: [],
  changes: [],
  window: { fromMs: pastMinutes * minuteMs, toMs: (pastMinutes + nowMinutes) * minuteMs },
  ...parts,
});

const span = (id: string, place: string, operation: string, startMs: number, ms: number, parentId?: string) => ({
  traceId: id.slice(0, id.indexOf("/") === -1 ? undefined : id.indexOf("/")),
  spanId: id,
  ...(parentId === undefined ? {} : { parentId }),
  place,
  operation,
  startMs,
  endMs: startMs + ms,
});

/** A trace of one call; `lateMs` are spent between the caller and the callee. */
const called = (trace: string, from: string, to: string, startMs: number, lateMs: number) => [
  span(`${trace}/root`, from, "handle", startMs, 40 + lateMs),
  span(`${trace}/call`, from, "call", startMs + 10, 20 + lateMs, `${trace}/root`),
  span(`${trace}/serve`, to, "serve", startMs + 15, 10 + (Math.abs(startMs) % 7), `${trace}/call`),
];

/** Everybody who waits for `stock` is slow with it. */
const slowStock = recording({
  series: ["shop", "cart", "stock", "mail"].flatMap((place) => [
    series(place, "requests", 100),
    series(place, "latency", 0.1, place === "mail" ? 0 : 0.4),
  ]),
});

describe("rank", () => {
  it("given slowness along a chain of calls, then it starts at the last one that is slow", () => {
    expect(rank(slowStock).suspects[0]?.place).toBe("stock");
  });

  it("given a resource that moved at one place, then it starts there", () => {
    const found = rank(
      recording({ series: ["shop", "cart", "stock"].map((p) => series(p, "cpu", 2, p === "cart" ? 90 : 0)) }),
    );
    expect(found.suspects[0]?.place).toBe("cart");
  });

  it("given other names in another order, then the answer is the same by other names", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 4, maxLength: 4 }), fc.boolean(), (names, backwards) => {
        const as = (name: string) => names[["shop", "cart", "stock", "mail"].indexOf(name)] ?? name;
        const renamed: Recording = {
          ...slowStock,
          places: slowStock.places.map((p) => ({ id: as(p.id) })),
          calls: slowStock.calls.map((c) => ({ from: as(c.from), to: as(c.to) })),
          series: slowStock.series.map((s) => ({ ...s, place: as(s.place) })),
        };
        const shuffled = backwards
          ? { ...renamed, places: renamed.places.toReversed(), series: renamed.series.toReversed() }
          : renamed;
        const scores = (all: ReturnType<typeof rank>, name: (n: string) => string) =>
          Object.fromEntries(all.suspects.map((s) => [name(s.place), s.score]));
        expect(scores(rank(shuffled), (n) => n)).toEqual(scores(rank(slowStock), as));
      }),
    );
  });

  it("given points, spans and lines later than now, then they change nothing", () => {
    const timesMs = [99 * minuteMs];
    const later = {
      series: slowStock.series.flatMap((s) => [s, { ...s, timesMs, values: [1e9] }]),
      spans: [span("late", "mail", "mail", 98 * minuteMs, 9_000)],
      logs: [{ place: "mail", timeMs: 98 * minuteMs, template: "out of memory" }],
    };
    const joined = Object.values(Object.groupBy(later.series, (s) => `${s.place} ${s.dimension}`)).map((all = []) => ({
      place: all[0]?.place ?? "",
      dimension: all[0]?.dimension ?? "",
      timesMs: all.flatMap((s) => s.timesMs),
      values: all.flatMap((s) => s.values),
    }));
    const scores = (r: Recording) => rank(r).suspects.map((s) => [s.place, s.score]);
    expect(scores({ ...slowStock, ...later, series: joined })).toEqual(scores(slowStock));
  });

  it("given a caller that writes of what fails below it, then its lines follow from that", () => {
    const errors = (place: string, more: number) => [
      series(place, "requests", 100),
      series(place, "errors", 0.001, more),
    ];
    const lines = Array.from({ length: 60 }, (_, i) => ({
      place: "cart",
      timeMs: i * 0.58 * minuteMs,
      template: i < 52 ? "fine" : "stock fails",
    }));
    const found = rank(
      recording({
        series: [...errors("shop", 0.5), ...errors("cart", 0.5), ...errors("stock", 0.5)],
        logs: lines,
        symptoms: [{ place: "shop", dimension: "errors" }],
      }),
    );
    expect(found.suspects[0]?.place).toBe("stock");
    expect(found.suspects[0]?.confidence).toBeGreaterThan(0.9);
  });

  it("given symptoms, then what explains little of them is no match for what explains them", () => {
    const quietButSmall = [series("mail", "requests", 1), series("mail", "latency", 0.1, 5)];
    const found = rank({
      ...slowStock,
      series: [...slowStock.series.filter((s) => s.place !== "mail"), ...quietButSmall],
      symptoms: [{ place: "shop", dimension: "latency" }],
    });
    expect(found.suspects[0]?.place).toBe("stock");
    const mail = found.suspects.find((s) => s.place === "mail");
    expect(mail?.evidenceAgainst.map((e) => e.kind)).toContain("explains-little");
  });

  it("given calls to one place that are late from all who call it, then it starts there", () => {
    const spans = Array.from({ length: 60 }, (_, i) => {
      const atMs = i * 0.5 * minuteMs;
      const lateMs = atMs >= pastMinutes * minuteMs - 10 * minuteMs ? 500 : 0;
      return [...called(`a${i}`, "shop", "cart", atMs, 0), ...called(`b${i}`, "mail", "stock", atMs, lateMs)];
    }).flat();
    const window = { fromMs: (pastMinutes - 10) * minuteMs, toMs: pastMinutes * minuteMs };
    const [first] = rank(recording({ calls: [], spans, window })).suspects;
    expect(first).toMatchObject({ place: "stock", dimension: "calls to it" });
  });

  it("given an operation that writes another line than it did, then it starts where that is", () => {
    const spans = Array.from({ length: 60 }, (_, i) => called(`a${i}`, "shop", "cart", i * 0.5 * minuteMs, 0)).flat();
    const logs = spans
      .filter((s) => s.operation === "serve")
      .map((s) => ({
        place: s.place,
        timeMs: s.startMs,
        spanId: s.spanId,
        template: s.startMs < 20 * minuteMs ? "stored" : "not stored",
      }));
    const window = { fromMs: 20 * minuteMs, toMs: 30 * minuteMs };
    const found = rank(recording({ spans, logs, window }));
    expect(found.suspects[0]?.place).toBe("cart");
    expect(found.suspects[0]?.evidenceFor[0]?.text).toMatch(
      /stored: in (100|0)% of 20 traces, before in (0|100)% of 40/,
    );
  });

  it("given a fatal line that is new at a service without spans, then it speaks, not the usual line that is a smaller share", () => {
    const usual = Array.from({ length: 350 }, (_, i) => ({ place: "mail", timeMs: i * 6_000, template: "sent" }));
    const others = usual.map((l) => ({ ...l, place: "stock", template: "counted" }));
    const fatal = Array.from({ length: 30 }, (_, i) => ({
      place: "mail",
      timeMs: (pastMinutes + 1) * minuteMs + i * 6_000,
      template: "FATAL: out of memory",
    }));
    const [first] = rank(recording({ logs: [...usual, ...others, ...fatal] })).suspects;
    expect(first).toMatchObject({ place: "mail", dimension: "FATAL: out of memory" });
    expect(first?.sinceMs).toBe((pastMinutes + 1) * minuteMs);
    expect(first?.evidenceFor[0]?.text).toBe("FATAL: out of memory: 30 lines in 5 min, none in 30 min before");
  });

  it("given twice the traffic, then lines that are twice as many say nothing", () => {
    const lines = (place: string, template: string, everyMs: number) =>
      Array.from({ length: (35 * minuteMs) / everyMs }, (_, i) => ({ place, timeMs: i * everyMs, template }));
    const busier = ["sent", "stored"].flatMap((template) =>
      lines("mail", template, 6_000).flatMap((l) => (l.timeMs < pastMinutes * minuteMs ? [l] : [l, l])),
    );
    const found = rank(recording({ logs: [...busier, ...lines("stock", "counted", 6_000)] }));
    expect(found.isCredible).toBe(false);
  });

  it("given a line that stays away while the service writes on, then it speaks", () => {
    const all = ["sent", "stored", "closed"].flatMap((template) =>
      Array.from({ length: 350 }, (_, i) => ({ place: "mail", timeMs: i * 6_000, template })),
    );
    const logs = all.filter((l) => l.template !== "closed" || l.timeMs < pastMinutes * minuteMs);
    const [first] = rank(recording({ logs: [...logs, { place: "stock", timeMs: 0, template: "up" }] })).suspects;
    expect(first).toMatchObject({ place: "mail", dimension: "closed" });
  });

  it("given harm without calls, or lines without the spans they name, then it is less sure", () => {
    const unsure = (parts: Partial<Recording>) => rank({ ...slowStock, ...parts }).nothingConfidence;
    expect(unsure({ calls: [] })).toBeGreaterThan(2 * unsure({}));
    const logs = [{ place: "mail", timeMs: 0, template: "sent", spanId: "a" }];
    expect(unsure({ logs })).toBeGreaterThan(2 * unsure({}));
  });

  it("given calls between places nothing was recorded of, then they change nothing", () => {
    const places = [...slowStock.places, { id: "x" }, { id: "y" }];
    const [without, beside] = [[], [{ from: "x", to: "y" }]].map((calls) => rank({ ...slowStock, places, calls }));
    expect(beside).toEqual(without);
    expect(beside?.isCredible).toBe(true);
  });

  it("says evidence as a person would", () => {
    const texts = (parts: Partial<Recording>) =>
      rank(recording(parts)).suspects.flatMap((s) => [...s.evidenceFor, ...s.evidenceAgainst].map((e) => e.text));
    expect(texts({ series: slowStock.series })).toContain(
      "latency: a request takes 0.4 longer by its own doing, usually 0.104 in all: 4.8 times as much, which explains 100% of the harm",
    );
    const cpu = ["shop", "cart", "stock"].map((p) => series(p, "cpu", 0.002, p === "cart" ? 90 : 0));
    const changes = [{ place: "cart", timeMs: (pastMinutes - 2) * minuteMs, text: "release 7" }];
    expect(texts({ series: cpu, changes })).toEqual([
      "cpu: usually 0.00208, now 90, over 1,000 times as much",
      "changed: release 7, 2 min before it began",
      "its measures are as usual",
      "its measures are as usual",
    ]);
  });

  it("given a time at which nothing was wrong, then it is rarely sure that something was", () => {
    const calm = (seed: number) => {
      const random = seededRandom(seed);
      const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const at = Array.from({ length: 180 }, (_, i) => i * minuteMs);
      const noise = (place: string, dimension: string, level: number, spread: number): Series => ({
        place,
        dimension,
        timesMs: at,
        values: at.map(() => level + spread * normal()),
      });
      const all = ["shop", "cart", "stock", "mail"].flatMap((place) => [
        noise(place, "requests", 600, 20),
        noise(place, "latency", 90, 6),
        noise(place, "cpu", 30, 2),
      ]);
      const window = { fromMs: 120 * minuteMs, toMs: 180 * minuteMs };
      return rank(recording({ series: all, window, symptoms: seed % 2 === 0 ? [] : [{ place: "shop" }] }));
    };
    const sure = Array.from({ length: 60 }, (_, seed) => calm(seed)).filter(
      (r) => (r.suspects[0]?.confidence ?? 0) > 0.5,
    );
    expect(sure.length).toBeLessThanOrEqual(4);
  });

  it("given a place that changed just before, then that speaks for it among equals", () => {
    const both = recording({
      series: ["shop", "cart", "stock"].map((p) => series(p, "cpu", 2, p === "shop" ? 0 : 90)),
      changes: [{ place: "stock", timeMs: (pastMinutes - 1) * minuteMs, text: "release 7" }],
    });
    expect(rank(both).suspects[0]?.place).toBe("stock");
  });

  it("given nothing out of the ordinary, then nothing is credible and what is missing is said", () => {
    const calm = rank(recording({ series: ["shop", "cart", "stock"].map((p) => series(p, "cpu", 2)) }));
    expect(calm.isCredible).toBe(false);
    expect(calm.nothingConfidence).toBeGreaterThan(0.9);
    expect(calm.missing).toEqual(["no traces", "no logs", "no changes", "no symptoms told"]);
  });

  it("given no onset, then it is found in the series", () => {
    const { fromMs, suspects } = rank(
      recording({
        series: ["shop", "cart", "stock"].map((p) => series(p, "cpu", 2, p === "cart" ? 90 : 0)),
        window: { toMs: 99 * minuteMs },
      }),
    );
    expect(fromMs).toBe(pastMinutes * minuteMs);
    expect(suspects[0]?.place).toBe("cart");
  });

  it("given nothing recorded at all, then it answers that nothing is credible", () => {
    expect(rank(recording({ window: { toMs: 0 } }))).toMatchObject({ suspects: [], isCredible: false });
  });

  it("given any evidence, then no confidence is 1 and all chances together are at most 1", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 4 }), (more) => {
        const found = rank(
          recording({ series: ["shop", "cart", "stock", "mail"].map((p, i) => series(p, "cpu", 2, more[i] ?? 0)) }),
        );
        const all = found.suspects.map((s) => s.confidence);
        expect(Math.max(...all)).toBeLessThanOrEqual(0.99);
        expect(all.reduce((a, b) => a + b, 0) + found.nothingConfidence).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});
