import fc from "fast-check";
import { expect, test } from "vitest";
import { aheadMaxMs, believedNowMs, goesOnMs } from "./believed-now.ts";
import { hourMs } from "./folder.ts";

const yearMs = 365 * 24 * hourMs;
const now = Math.floor(Date.parse("2026-11-20T12:00:00Z") / hourMs) * hourMs;
const hoursTo = (last: number, many: number): number[] => Array.from({ length: many }, (_, i) => last - i * hourMs);
const ofMonth = hoursTo(now, 30 * 24);

test.each([
  ["telemetry up to now", ofMonth, now, now],
  ["nothing yet", [], now, now],
  ["a clock a year ahead", ofMonth, now + yearMs, now + hourMs + aheadMaxMs],
  ["a clock a year ahead that its senders share", [...ofMonth, now + yearMs], now + yearMs, now + hourMs + aheadMaxMs],
  ["telemetry of a day after a year without", [...ofMonth, ...hoursTo(now + yearMs, 25)], now + yearMs, now + yearMs],
  ["a year ahead that was corrected", [...ofMonth, now + yearMs], now, now],
  ["a clock that is behind", ofMonth, now - yearMs, now - yearMs],
] as const)("with %s", (_, hours, nowMs, expected) => expect(believedNowMs(hours, nowMs)).toBe(expected));

const hour = fc.integer({ min: 0, max: 20_000 }).map((n) => n * hourMs);

test("it is never later than the clock, nor than two days after the newest hour, and no order of files changes it", () => {
  fc.assert(
    fc.property(fc.array(hour, { minLength: 1, maxLength: 60 }), hour, (hours, nowMs) => {
      const believed = believedNowMs(hours, nowMs);
      expect(believed).toBeLessThanOrEqual(nowMs);
      expect(believed).toBeLessThanOrEqual(Math.max(...hours) + hourMs + aheadMaxMs);
      expect(believedNowMs(hours.toReversed(), nowMs)).toBe(believed);
    }),
  );
});

test("one that is right is believed again after a day, however long there was nothing", () => {
  fc.assert(
    fc.property(fc.array(hour, { maxLength: 60 }), fc.integer({ min: 0, max: 20_000 }), (hours, later) => {
      const last = 20_000 * hourMs + later * hourMs;
      const nowMs = last + hourMs;
      expect(believedNowMs([...hours, ...hoursTo(last, goesOnMs / hourMs + 1)], nowMs)).toBe(nowMs);
    }),
  );
});
