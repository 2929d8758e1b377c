import { assert, constantFrom, nat, property, tuple } from "fast-check";
import { expect, it } from "vitest";
import { draw, scenarios } from "./draw.ts";

const anyDraw = tuple(nat(1_000_000), constantFrom(...scenarios)).map(([seed, scenario]) => draw(seed, scenario));
const first = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

it("draws the same for the same seed, as plain data", () => {
  assert(
    property(anyDraw, (drawn) => {
      expect(draw(drawn.seed, drawn.scenario)).toEqual(drawn);
      expect(JSON.parse(JSON.stringify(drawn))).toEqual(drawn);
    }),
  );
});

it("lets the innocent release land elsewhere, from 6 s before to 4 s after the fault", () => {
  assert(
    property(anyDraw, ({ innocent, culprit, fault, scenario, faultAfterMs }) => {
      expect(faultAfterMs).toBeGreaterThanOrEqual(0);
      expect(faultAfterMs).toBeLessThanOrEqual(3000);
      expect(innocent === null).toBe(scenario === "cold-start");
      if (innocent === null) return;
      expect(innocent.release.behaviour).toEqual({ innocent: true });
      expect(innocent.release.service).not.toBe(culprit);
      if (fault.kind === "blip") expect(innocent.release.service).not.toBe(fault.service);
      expect(innocent.offsetMs).toBeGreaterThanOrEqual(-6000);
      expect(innocent.offsetMs).toBeLessThanOrEqual(4000);
    }),
  );
});

it("names a culprit exactly where somebody is at fault", () => {
  assert(
    property(anyDraw, ({ culprit, scenario }) => {
      expect(culprit === null).toBe(scenario === "false-alarm" || scenario === "telemetry-loss");
    }),
  );
});

it("ships a bad release anywhere, and tells of about half of them", () => {
  const releases = first(400).flatMap((seed) => {
    const { fault } = draw(seed, "bad-release");
    return fault.kind === "release" ? [fault.release] : [];
  });
  expect(new Set(releases.map((r) => r.service))).toEqual(new Set(["catalogue", "cart", "checkout", "payment"]));
  const told = releases.filter((r) => r.emitEvent).length;
  expect(told).toBeGreaterThan(140);
  expect(told).toBeLessThan(260);
  expect(releases.every((r) => (r.behaviour.errorShare ?? 0) >= 0.4)).toBe(true);
});

it("draws every kind of mistake, slowness, flag and hang", () => {
  const faults = scenarios.flatMap((scenario) => first(80).map((seed) => draw(seed, scenario).fault));
  const kinds = new Set(faults.map((f) => f.kind));
  expect(kinds.size).toBe(8);
  const patches = faults.flatMap((f) => (f.kind === "config" ? [Object.keys(f.patch.store ?? f.patch)[0]] : []));
  expect(new Set(patches.map((p) => p ?? ""))).not.toContain("");
  expect(patches).toEqual(expect.arrayContaining(["port", "host", "poolSize", "timeoutsMs"]));
  const flags = faults.flatMap((f) => (f.kind === "flag" ? [f.flag] : []));
  expect(new Set(flags)).toEqual(new Set(["newRanking", "expressCheckout", "asyncCart"]));
  const hangs = faults.flatMap((f) => (f.kind === "hang-store" ? [f.how] : []));
  expect(new Set(hangs)).toEqual(new Set(["stopped", "deadlocked"]));
});

it("hides the config fault of heal-fails behind an announced, innocent release of the same service", () => {
  for (const seed of first(50)) {
    const { fault, culprit } = draw(seed, "heal-fails");
    expect(fault).toMatchObject({
      kind: "config-behind-release",
      release: { service: culprit, emitEvent: true, behaviour: { innocent: true } },
    });
  }
});

it("ships the second release of deploy-mid-heal on the culprit, sometimes a fix and sometimes not", () => {
  const seconds = first(60).map((seed) => draw(seed, "deploy-mid-heal"));
  expect(seconds.every((d) => d.second?.service === d.culprit)).toBe(true);
  const fixes = seconds.filter((d) => d.second?.behaviour.innocent === true).length;
  expect(fixes).toBeGreaterThan(10);
  expect(fixes).toBeLessThan(50);
});
