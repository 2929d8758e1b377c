import { describe, expect, it } from "vitest";
import type { TelemetrySignal } from "../../loop/signal/signal.ts";
import { shopTelemetry, type ShopTrouble } from "./shop-telemetry.testsuite.ts";
import { seesTrouble, watched, type Watched } from "./watched-shop.testsuite.ts";

const hour = 3_600_000;
const known = 420;
const story: Readonly<Record<string, (w: Watched) => void>> = {
  "nothing happens": () => {},
  "it is set two hours ahead and back": (w) => {
    w.set(2 * hour);
    w.run(120);
    w.set(-2 * hour);
    w.run(60);
  },
  "it is set two hours back and ahead": (w) => {
    w.set(-2 * hour);
    w.run(120);
    w.set(2 * hour);
    w.run(60);
  },
  "it is set back by five minutes": (w) => {
    w.set(-300_000);
    w.run(60);
  },
  "it is set by a few seconds, again and again": (w) => {
    for (const by of [-1_000, 3_000, -4_000, 1_000, -9_000, 9_000, 2_000, -1_000]) {
      w.set(by);
      w.run(20);
    }
  },
};

describe("with a clock that is wrong", () => {
  it.each(Object.entries(story))("nothing is told of what did not happen, and trouble is seen: %s", (_, happens) => {
    const w = watched();
    w.run(known);
    happens(w);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    seesTrouble(w);
  });

  it("it is seen on without a steady clock", () => {
    const w = watched({ steady: false });
    w.run(known);
    story["it is set two hours ahead and back"]?.(w);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    seesTrouble(w);
  });

  it("when somebody was heard last is told as the clock is set now", () => {
    const w = watched();
    w.run(60);
    w.set(2 * hour);
    w.run(60);
    expect(w.detector.heard().map((h) => h.service)).toContain("cart");
    for (const { lastMs } of w.detector.heard()) expect(Math.abs(lastMs - w.nowMs())).toBeLessThan(20_000);
  });

  it("telemetry of others, whose clocks are right, is seen on", () => {
    const w = watched({ local: false });
    w.run(known);
    w.set(2 * hour);
    w.run(120);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    seesTrouble(w);
  });

  it("what stands goes on standing, and is over when it is over", () => {
    const w = watched();
    w.run(known);
    w.run(40, { cart: true });
    const before = w.detector.firing().map((f) => f.id);
    w.set(-2 * hour);
    w.run(30, { cart: true });
    expect(w.detector.firing().map((f) => f.id)).toEqual(before);
    for (const f of w.detector.firing()) expect(f.sinceMs).toBeLessThan(w.nowMs());
    w.run(240);
    expect(w.detector.firing().map((f) => f.summary)).toEqual([]);
  });
});

describe("with a sender whose clock is wrong", () => {
  const clocks = [2 * hour, 365 * 24 * hour, -2 * hour, 9_000, 11_000] as const;
  it.each(clocks)("what it sends %d ms ahead moves nobody's time, and what is refused is counted", (ms) => {
    const w = watched();
    const [wrong, before] = [shopTelemetry(2), w.stats()];
    const rename = (signals: readonly TelemetrySignal[]) =>
      signals.map((s) => ({ ...s, service: `wrong-${s.service}` }));
    const run = (seconds: number, trouble?: ShopTrouble): void => {
      for (let i = 0; i < seconds; i++) {
        w.sight.intake.telemetry(rename(wrong(w.nowMs() + ms)));
        w.run(1, trouble);
      }
    };
    run(known);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    const after = w.stats();
    const grew = (counter: string): number => (after[counter] ?? 0) - (before[counter] ?? 0);
    if (ms > 10_000) expect(grew("future")).toBeGreaterThan(known * 20);
    if (ms > 10_000) expect(grew("logsFuture")).toBeGreaterThan(known * 10);
    if (ms > 10_000) expect(grew("metricPointsFuture")).toBeGreaterThan(known);
    if (ms < 0) expect(grew("past") + grew("logsPast")).toBeGreaterThan(known * 30);
    expect(grew("late")).toBe(0);
    seesTrouble(w, run);
  });
});

describe("after a time in which nobody looked", () => {
  it.each([
    [8, false],
    [14, false],
    [45, false],
    [45, true],
    [600, false],
    [600, true],
    [8 * 3_600, false],
  ])("of %d s nothing is told, and trouble is seen (what was sent comes later: %s)", (seconds, comesLater) => {
    const w = watched();
    w.run(known);
    w.pause(seconds, comesLater);
    w.run(60);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    seesTrouble(w);
  });
});
