import { expect, test } from "vitest";
import { createAbsence } from "./absence.ts";

const t0 = 1_700_000_000_000;
const nobody = () => false;

test("names that come once are not missed, and are forgotten; who was heard for a minute or is declared is missed", () => {
  const absence = createAbsence((service) => service === "payment");
  for (let i = 0; i < 100_000; i++) absence.heard(`job-${i}`, "prod", t0);
  for (const service of ["payment", "cart"]) absence.heard(service, "prod", t0);
  expect(absence.stats()).toEqual({ servicesHeard: 45_001, servicesUnheard: 55_001 });
  const told = new Set<string>();
  for (let s = 0; s <= 700; s += 10) for (const f of absence.tick(t0 + s * 1_000, nobody)) told.add(f.service);
  expect([...told]).toEqual(["payment"]);
  expect(absence.stats().servicesHeard).toBe(1);
  expect(absence.known()).toEqual([{ service: "payment", environment: "prod", lastMs: t0 }]);
  for (let s = 700; s <= 1_000; s += 10) absence.heard("cart", "prod", t0 + s * 1_000);
  for (let s = 1_000; s <= 1_100; s += 10) for (const f of absence.tick(t0 + s * 1_000, nobody)) told.add(f.service);
  expect([...told]).toEqual(["payment", "cart"]);
});

/** A hundred signs of life a second for `speaksS`, then nothing for `pausesS`, so many times; how many silences are told, and in which round. */
function toldInRounds(rounds: number, speaksS: number, pausesS: (round: number) => number): number[] {
  const absence = createAbsence();
  const told: number[] = [];
  let [atMs, silent] = [t0, false];
  const until = (seconds: number, round: number, speaks: boolean): void => {
    for (const endMs = atMs + seconds * 1_000; atMs < endMs; atMs += 10) {
      if (speaks) absence.heard("orders", "prod", atMs);
      if (atMs % 1_000 !== 0) continue;
      const firing = absence.tick(atMs, nobody).some((f) => f.state === "firing");
      if (firing && !silent) told.push(round);
      silent = firing;
    }
  };
  for (let round = 0; round < rounds; round++) {
    until(speaksS, round, true);
    until(pausesS(round), round, false);
  }
  return told;
}

test("who pauses again and again is told of once, not each time", () => {
  expect(toldInRounds(12, 90, () => 30)).toEqual([0]);
});

test("an outage teaches nothing: the next one is told as soon", () => {
  expect(toldInRounds(3, 600, (round) => (round < 2 ? 1_800 : 25))).toEqual([0, 1, 2]);
});

test("who falls silent for a minute again and again is told of three times, and then of a longer silence", () => {
  expect(toldInRounds(12, 90, (round) => (round === 9 ? 900 : 60))).toEqual([0, 1, 2, 9]);
});
