import { expect, test } from "vitest";
import { createFaults } from "../faults.ts";
import type { Finding } from "../finding.ts";
import { createJointWatch } from "./joint-watch.ts";
import type { Sign, SignsOf } from "./sign.ts";

const t0 = 1_790_000_000_000;
const stepMs = 5_000;
const minutes = (n: number): number => (n * 60_000) / stepMs;
const place = JSON.stringify(["prod", "cart"]);

const sign = (dimension: Sign["dimension"], chance: number, sinceMs: number): Sign => ({
  dimension,
  from: "requests",
  chance,
  sinceMs,
  told: () => `${dimension} odd`,
});
/** Signs of three dimensions, each as improbable as `chance`. */
const signs = (chance: number, nowMs: number) =>
  new Map([[place, () => (["latency", "errors", "queue"] as const).map((d) => sign(d, chance, nowMs - 15_000))]]);

/** A watch whose telemetry a test sets. */
function watched() {
  const now: { signs: Map<string, SignsOf>; heard: boolean } = { signs: new Map(), heard: true };
  const faults = createFaults();
  const watch = createJointWatch([{ signs: () => now.signs, isHeard: () => now.heard }], faults);
  return { watch, now, faults };
}

/** Some steps from step `from` on; `chance` of each dimension, `heard`: whether there is telemetry. */
function live(
  { watch, now }: ReturnType<typeof watched>,
  from: number,
  steps: number,
  chance?: number,
  heard = true,
): Finding[] {
  return Array.from({ length: steps }, (_, i) => t0 + (from + i) * stepMs).flatMap((nowMs) => {
    Object.assign(now, { heard, signs: chance === undefined ? new Map() : signs(chance, nowMs) });
    return watch.tick(nowMs);
  });
}
const fires = (found: readonly Finding[]): boolean => found.some((f) => f.state === "firing");

test("weak signs of three dimensions are one finding that tells what each contributes, and clears", () => {
  const watch = watched();
  const found = live(watch, 0, 3, 1e-5);
  expect(found[0]).toMatchObject({
    id: "cart/joint@prod",
    dimension: "joint",
    state: "firing",
    sinceMs: t0 - 15_000,
    contributions: [{ dimension: "errors", text: "errors odd" }, { dimension: "latency" }, { dimension: "queue" }],
  });
  expect(found[0]?.summary).toContain("cart: unusual together (errors 33%, latency 33%, queue 33%), since");
  expect(found[0]?.observed).toBeLessThan(found[0]?.expected?.low ?? 0);
  expect(live(watch, 3, 10).at(-1)?.state).toBe("cleared");
});

test("missing telemetry is no recovery (B7)", () => {
  const watch = watched();
  live(watch, 0, 3, 1e-5);
  expect(live(watch, 3, minutes(60), undefined, false).every((f) => f.state === "firing")).toBe(true);
});

test("what nothing is heard of for a day is given up, and the time nobody looked does not count", () => {
  const hours = (watch: ReturnType<typeof watched>, from: number, to: number): Finding[] =>
    live(watch, minutes(60 * from), minutes(60 * (to - from)), undefined, false);
  const heard = watched();
  live(heard, 0, 3, 1e-5);
  expect(hours(heard, 1, 26).at(-1)?.state).toBe("cleared");
  const asleep = watched();
  live(asleep, 0, 3, 1e-5);
  asleep.watch.away({ fromMs: t0 + 3 * stepMs, toMs: t0 + minutes(60 * 30) * stepMs });
  expect(hours(asleep, 30, 31).every((f) => f.state === "firing")).toBe(true);
  expect(hours(asleep, 31, 55).at(-1)?.state).toBe("cleared");
});

test("what throws about one service ends the look at no other, and is learned anew", () => {
  const { watch, now, faults } = watched();
  const look = (i: number, cart: SignsOf): string[] => {
    const nowMs = t0 + i * stepMs;
    const all = signs(1e-5, nowMs);
    now.signs = new Map([
      [place, cart],
      [JSON.stringify(["prod", "pay"]), all.get(place) ?? (() => [])],
    ]);
    return watch.tick(nowMs).map((f) => f.id);
  };
  expect(look(0, signs(1e-5, t0).get(place) ?? (() => []))).toEqual(["cart/joint@prod", "pay/joint@prod"]);
  const broken = () => {
    throw new Error("no number");
  };
  expect(look(1, broken)).toEqual(["pay/joint@prod"]);
  expect(faults.all()).toMatchObject([{ part: "signs", service: "cart", environment: "prod", why: "no number" }]);
  expect(watch.stats().jointServices).toBe(1);
  expect(look(2, signs(1e-5, t0 + 2 * stepMs).get(place) ?? broken)).toContain("cart/joint@prod");
});

test("what happened three times within a day is usual, what is far worse is not, and the next day it is news again", () => {
  const watch = watched();
  const at = (hour: number, chance: number): boolean => {
    const found = live(watch, minutes(60 * hour), 6, chance);
    live(watch, minutes(60 * hour) + 6, minutes(20));
    return fires(found);
  };
  expect([0, 1, 2, 3, 4].map((hour) => at(hour, 2e-5))).toEqual([true, true, true, false, false]);
  expect(at(5, 1e-6)).toBe(true);
  expect(at(60, 2e-5)).toBe(true);
});

test("what goes on for an hour is the new usual", () => {
  const watch = watched();
  const found = live(watch, 0, minutes(70), 1e-5);
  expect(found.at(-1)?.state).toBe("cleared");
  expect(fires(live(watch, minutes(70), minutes(30), 1e-5))).toBe(false);
});

test("a clock that jumps, forward or back, ends nothing and stops nothing", () => {
  const watch = watched();
  live(watch, minutes(600), 3, 1e-5);
  expect(fires(live(watch, 0, 2, 1e-5))).toBe(true);
  expect(fires(live(watch, minutes(30), 2, 1e-5))).toBe(true);
});

test("services that are as usual are not kept", () => {
  const watch = watched();
  live(watch, 0, 3, 1e-5);
  expect(watch.watch.stats().jointServices).toBe(1);
  live(watch, minutes(60 * 50), 5);
  expect(watch.watch.stats().jointServices).toBe(0);
});
