import { expect, test } from "vitest";
import { createClockWatch } from "./clock-watch.ts";

function given() {
  const clock = { wall: 1_000_000, steady: 0 };
  const watch = createClockWatch(
    () => clock.wall,
    () => clock.steady,
  );
  const pass = (wallMs: number, steadyMs = wallMs): void => {
    clock.wall += wallMs;
    clock.steady += steadyMs;
  };
  return { watch, pass };
}

test("time that merely passes is no jump, however long nobody looked", () => {
  const { watch, pass } = given();
  pass(3_600_000);
  expect(watch.look()).toBeUndefined();
  expect(watch.trouble()).toBeUndefined();
});

test("a clock that was set is noticed once and told for ten minutes", () => {
  const { watch, pass } = given();
  pass(-3_600_000, 1_000);
  expect(watch.look()).toBe(-3_601_000);
  expect(watch.look()).toBeUndefined();
  expect(watch.trouble()).toContain("back by 3601 s");
  pass(700_000);
  expect(watch.trouble()).toBeUndefined();
});

test("slow drift is no jump", () => {
  const { watch, pass } = given();
  for (let i = 0; i < 100; i++) {
    pass(1_050, 1_000);
    expect(watch.look()).toBeUndefined();
  }
});
