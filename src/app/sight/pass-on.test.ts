import { expect, test } from "vitest";
import type { LogSignal } from "../../loop/signal/signal.ts";
import { passOn } from "./pass-on.ts";
import type { Sight } from "./sight.ts";

const log: LogSignal = { kind: "log", service: "cart", environment: "prod", timeMs: 0, severity: 9, body: "x" };
const sight = (dropped: number): Sight => ({
  intake: { telemetry: () => ({ dropped, why: "" }) },
  takeLogs: () => [],
  counters: () => ({}),
});

test("a defect of who gets telemetry too is told once, and neither intake nor the others suffer from it", () => {
  const [got, said]: [number[], string[]] = [[], []];
  const broken = {
    take() {
      throw new Error("no");
    },
  };
  const { intake } = passOn(sight(0), [broken, { take: (s) => got.push(s.length) }], (text) => said.push(text));
  for (let i = 0; i < 3; i++) expect(intake.telemetry([log, log])).toEqual({ dropped: 0, why: "" });
  expect([got, said]).toEqual([[2, 2, 2], ["telemetry is not passed on: no"]]);
});

test("what is refused as a whole comes again, so it is not handed on", () => {
  const got: number[] = [];
  passOn(sight(2), [{ take: (s) => got.push(s.length) }], () => undefined).intake.telemetry([log, log]);
  expect(got).toEqual([]);
});
