import { expect, test } from "vitest";
import { createLostSignal } from "./lost-signal.ts";

test("what is under way is broken off before another may do it, and what comes after a renewal is not", () => {
  let nowMs = 0;
  const lost = createLostSignal("lost", () => nowMs);
  const first = lost.signal();
  nowMs = 7_000;
  lost.failed();
  expect(first.aborted).toBe(false);
  nowMs = 9_000;
  lost.failed();
  expect(first.aborted).toBe(true);
  lost.renewed();
  expect([first.aborted, lost.signal().aborted]).toEqual([true, false]);
  lost.end();
  expect(lost.signal().aborted).toBe(true);
});
