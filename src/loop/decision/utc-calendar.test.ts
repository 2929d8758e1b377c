import * as fc from "fast-check";
import { expect, test } from "vitest";
import { utcDayOfWeek, utcHour } from "./utc-calendar.ts";

test("agrees with the platform's calendar in UTC", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (atMs) => {
      const date = new Date(atMs);
      expect([utcHour(atMs), utcDayOfWeek(atMs)]).toEqual([
        date.getUTCHours(),
        date.getUTCDay() === 0 ? 7 : date.getUTCDay(),
      ]);
    }),
  );
});
