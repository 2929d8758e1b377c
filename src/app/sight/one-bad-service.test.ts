import { expect, test } from "vitest";
import type { LogSignal, TelemetrySignal } from "../../loop/signal/signal.ts";
import { faultStatus } from "../status/fault-status.ts";
import { shopTelemetry, type ShopTrouble } from "./shop-telemetry.testsuite.ts";
import { seesTrouble, watched } from "./watched-shop.testsuite.ts";

/** Half a character is no text: whatever says something about a service of this name throws. No receiver lets it in. */
const bad = "shop \ud83d";

test("what throws about one service is counted and named, and the others are looked at as ever", () => {
  const w = watched();
  const other = shopTelemetry(2);
  const rename = (signals: readonly TelemetrySignal[]) => signals.map((s) => ({ ...s, service: bad }));
  const run = (seconds: number, trouble?: ShopTrouble): void => {
    for (let i = 0; i < seconds; i++) {
      w.sight.intake.telemetry(rename(other(w.nowMs(), trouble)));
      w.run(1, trouble);
    }
  };
  run(420);
  expect(w.told.map((f) => f.summary)).toEqual([]);
  seesTrouble(w, run);
  expect(w.detector.faults().map((f) => f.service)).toContain(bad);
  expect(w.stats()["detectionFaults"]).toBeGreaterThan(0);
  const { state, detail } = faultStatus(w.detector.faults(), w.nowMs());
  expect(state).toBe("degraded");
  expect(detail).toContain("could not be looked at (Lone surrogate is not allowed)");
});

test("a signal that cannot be taken in is left out and counted, and those beside it are taken", () => {
  const w = watched();
  const [log] = shopTelemetry(1)(w.nowMs()).filter((s): s is LogSignal => s.kind === "log");
  const span = {
    kind: "span",
    get startMs() {
      throw new Error("no time");
    },
  } as unknown as TelemetrySignal;
  const before = w.stats();
  const answer = w.sight.intake.telemetry([span, log as LogSignal]);
  expect(answer.dropped).toBe(0);
  expect((w.stats()["telemetryFaulty"] ?? 0) - (before["telemetryFaulty"] ?? 0)).toBe(1);
  expect(w.stats()["logsWaiting"]).toBe(1);
});
