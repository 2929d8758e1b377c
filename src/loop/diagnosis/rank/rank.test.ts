import fc from "fast-check";
import { describe, expect, it } from "vitest";
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

  it("given points later than now, then they change nothing", () => {
    const later = slowStock.series.map((s) => ({
      ...s,
      timesMs: [...s.timesMs, 99 * minuteMs],
      values: [...s.values, 1e9],
    }));
    expect(rank({ ...slowStock, series: later })).toEqual(rank(slowStock));
  });
});
