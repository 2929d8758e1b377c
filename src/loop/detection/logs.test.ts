import { describe, expect, it } from "vitest";
import type { LogSignal } from "../signal/signal.ts";
import { createLogWatch } from "./logs.ts";

const t0 = 1_700_000_000_000;
const line = (body: string, severity = 17): LogSignal => ({
  kind: "log",
  service: "cart",
  environment: "shop",
  timeMs: t0,
  severity,
  body,
});

/** Plays seconds one by one: `lines` gives what is logged in each; returns what was told, by second. */
function play(seconds: number, lines: (second: number) => readonly LogSignal[]) {
  const watch = createLogWatch();
  return Array.from({ length: seconds }, (_, second) => {
    for (const log of lines(second)) watch.take(log, t0 + second * 1_000);
    return watch.tick(t0 + second * 1_000);
  }).flatMap((found, second) => found.map((f) => ({ ...f, second })));
}

describe("log findings", () => {
  it("tell a new kind of error from its second line on, and clear after a quiet minute", () => {
    const told = play(200, (s) =>
      s === 0 ? [line("started", 13)] : s >= 90 && s < 95 ? [line(`pool exhausted after ${s} ms`)] : [],
    );
    expect(told[0]).toMatchObject({
      second: 91,
      state: "firing",
      direction: "present",
      expected: null,
      subject: "pool exhausted after <*> ms",
    });
    expect(told.filter((f) => f.state === "cleared").map((f) => f.second)).toEqual([154]);
  });

  it("say nothing of errors that were there from the start", () => {
    expect(play(300, (s) => (s % 7 === 0 ? [line(`cannot reach ${s}`)] : []))).toEqual([]);
  });

  it("tell a warning that suddenly comes often", () => {
    const told = play(200, (s) =>
      Array.from({ length: s >= 150 && s < 160 ? 12 : s % 10 === 0 ? 1 : 0 }, () => line("slow answer", 13)),
    );
    expect(told[0]).toMatchObject({ direction: "above", state: "firing" });
    expect(told[0]?.second).toBeLessThan(155);
  });

  it("leave information alone, however much of it", () => {
    expect(play(200, (s) => Array.from({ length: s > 100 ? 50 : 0 }, () => line("served", 9)))).toEqual([]);
  });
});
