import { expect, test } from "vitest";
import { createSteadyClock } from "./steady-clock.ts";

/** A machine whose clocks are moved by hand, and how often it was asked how long it is up. */
function given() {
  const clock = { wall: 1_000_000, process: 50_000, machine: 900_000, asked: 0 };
  const steady = createSteadyClock(
    () => clock.process,
    () => (clock.asked++, clock.machine),
  );
  const pass = (ms: { readonly wall: number; readonly process: number; readonly machine: number }) => {
    clock.wall += ms.wall;
    clock.process += ms.process;
    clock.machine += ms.machine;
    return steady(clock.wall);
  };
  return { clock, pass, startMs: steady(clock.wall) };
}

test("goes on while the machine sleeps", () => {
  const { pass, startMs } = given();
  expect(pass({ wall: 3_601_000, process: 1_000, machine: 3_601_000 })).toBe(startMs + 3_601_000);
  expect(pass({ wall: 1_000, process: 1_000, machine: 1_000 })).toBe(startMs + 3_602_000);
});

test("is not set with the wall clock", () => {
  const { pass, startMs } = given();
  expect(pass({ wall: -7_200_000, process: 1_000, machine: 1_000 })).toBe(startMs + 1_000);
  expect(pass({ wall: 7_201_000, process: 1_000, machine: 1_000 })).toBe(startMs + 2_000);
});

test("asks the machine only when the clocks do not agree", () => {
  const { clock, pass } = given();
  const { asked } = clock;
  for (let i = 0; i < 100; i++) pass({ wall: 1_001, process: 1_000, machine: 1_000 });
  expect(clock.asked).toBe(asked);
});
