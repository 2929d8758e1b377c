import { expect, test } from "vitest";
import { bucketMs } from "../../src/loop/detection/red.ts";
import { faults, playFault, stepsOf } from "./faults.ts";
import { openShop } from "./shop-traffic.ts";

const week = stepsOf(7 * 24 * 60);

test(
  "a week of traffic as usual, with its days, nights, weekends and hiccups, raises no incident",
  { timeout: 600_000 },
  () => {
    const step = openShop(1);
    const raised: string[] = [];
    for (let i = 0; i < week; i++) {
      const told = step(i);
      if (told) raised.push(`${((i * bucketMs) / 3_600_000).toFixed(2)} h: ${told.join("; ")}`);
    }
    expect(raised.slice(0, 5)).toEqual([]);
  },
);

test(
  "the same detectors with the same thresholds see at least 20 kinds of faults within ten minutes",
  { timeout: 600_000 },
  () => {
    const missed = Object.entries(faults).flatMap(([name, trouble], n) => {
      const came = playFault(trouble, 100 + n);
      return came === "caught" ? [] : [came === "missed" ? name : `${name}: raised before the fault`];
    });
    expect(Object.keys(faults).length).toBeGreaterThanOrEqual(20);
    expect(missed).toEqual([]);
  },
);
