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
  for (let s = 700; s <= 1_000; s += 10) absence.heard("cart", "prod", t0 + s * 1_000);
  for (let s = 1_000; s <= 1_100; s += 10) for (const f of absence.tick(t0 + s * 1_000, nobody)) told.add(f.service);
  expect([...told]).toEqual(["payment", "cart"]);
});
