import { expect, test } from "vitest";
import { createFaults } from "./faults.ts";

const cart = { service: "cart", environment: "shop" };
const broken = (): never => {
  throw new Error("it is broken");
};
const minute = 60_000;

test("what throws is counted, told and let go; what goes well gives its answer", () => {
  const faults = createFaults();
  const gone: string[] = [];
  expect(faults.attempt("logs", cart, 0, () => 7)).toBe(7);
  expect(faults.attempt("logs", cart, 0, broken, () => gone.push("cart"))).toBeUndefined();
  expect(gone).toEqual(["cart"]);
  expect(faults.takeNew()).toMatchObject([{ ...cart, part: "logs", why: "it is broken", times: 1 }]);
  expect(faults.takeNew()).toEqual([]);
  expect(faults.all()).toHaveLength(1);
});

test("what throws again and again rests for ten minutes, and only that", () => {
  const faults = createFaults();
  for (let i = 0; i < 3; i++) faults.attempt("logs", cart, i, broken);
  expect(faults.attempt("logs", cart, minute, () => 7)).toBeUndefined();
  expect(faults.attempt("metrics", cart, minute, () => 7)).toBe(7);
  expect(faults.attempt("logs", { ...cart, service: "bank" }, minute, () => 7)).toBe(7);
  expect(faults.attempt("logs", cart, 11 * minute, () => 7)).toBe(7);
  expect(faults.stats()).toEqual({ detectionFaults: 3, detectionRests: 1 });
});

test("remembers a bounded number of them", () => {
  const faults = createFaults();
  for (let i = 0; i < 1_000; i++) faults.attempt("logs", { ...cart, service: `s${i}` }, i, broken);
  expect(faults.all()).toHaveLength(200);
  expect(faults.takeNew()).toHaveLength(200);
  expect(faults.stats().detectionFaults).toBe(1_000);
});
