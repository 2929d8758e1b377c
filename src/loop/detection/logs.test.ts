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

  it.each([198, 199, 200])(
    "are told of a line with a character of two halves across the bound, after %d others",
    (n) => {
      const body = `${"cannot reach the store of carts ".repeat(8).slice(0, n)}\u{1f600} failed`;
      const told = play(95, (s) => (s === 0 ? [line("started", 13)] : s >= 90 ? [line(body)] : []));
      expect(told.length).toBeGreaterThan(0);
      for (const f of told) expect((f.summary + f.subject).isWellFormed()).toBe(true);
    },
  );

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

  it("tell an error whose ids and names differ as one", () => {
    const names = ["ann", "ben", "cay", "dan", "eve"];
    const told = play(200, (s) =>
      s === 0 ? [line("started", 13)] : s >= 90 && s < 95 ? [line(`no seat for ${names[s - 90] ?? ""} in ${s}`)] : [],
    );
    expect(new Set(told.map((f) => f.id)).size).toBe(1);
    expect(told.at(-2)?.summary).toContain("5 lines");
  });

  it("say what stood in the places that vary", () => {
    const told = play(100, (s) => (s === 0 ? [line("started", 13)] : s >= 90 ? [line(`pool cart waits ${s} ms`)] : []));
    expect(told.at(-1)?.summary).toMatch(/10 lines since .*: pool cart waits <\*> ms \(90 to 99\)$/);
  });

  it("clear what fires when its template is let go to make room", () => {
    const told = play(200, (s) => [
      ...(s === 0 ? [line("started", 9)] : s >= 90 && s < 92 ? [line("pool exhausted")] : []),
      ...(s >= 93 ? Array.from({ length: 40 }, (_, i) => line(`${word(s)}x ${word(i)}y ${word(i + s)}z`, 9)) : []),
    ]);
    expect(told.filter((f) => f.subject === "pool exhausted").at(-1)).toMatchObject({ state: "cleared" });
  });
});

const word = (i: number): string => i.toString(26).replace(/\d/g, (d) => "qrstuvwxyz"[Number(d)] as string);

describe("lines that are missing", () => {
  const beat = line("queue is drained", 9);
  const work = line("served", 9);
  const hour = 3_600;

  it("are told with what was usual and since when, and again when they come", () => {
    const told = play(hour + 600, (s) => [work, ...(s % 10 === 0 && (s < 2_500 || s > 3_500) ? [beat] : [])]);
    expect(told[0]).toMatchObject({
      state: "firing",
      direction: "absent",
      observed: 0,
      subject: "queue is drained",
      sinceMs: t0 + 2_490_000,
    });
    expect(told[0]?.second).toBeLessThan(2_490 + 180);
    expect(told[0]?.expected?.mid).toBeCloseTo(((told[0]?.second ?? 0) - 2_490) / 10, 0);
    expect(told[0]?.summary).toMatch(/a line that is regular stopped in its log, none since .* where 1\d are usual/);
    expect(told.filter((f) => f.state === "cleared").map((f) => [f.second, f.summary.includes("comes again")])).toEqual(
      [[3_510, true]],
    );
  });

  it("are not told when the service logs nothing at all: that is absence, and they are unknown", () => {
    expect(play(hour, (s) => (s < 2_500 ? [work, ...(s % 10 === 0 ? [beat] : [])] : []))).toEqual([]);
  });

  it("are not told when there is less work: other lines stop too", () => {
    const told = play(hour, (s) => [
      ...(s < 2_500 ? [work, work, beat] : []),
      ...(s % 100 === 0 ? [line("idle", 9)] : []),
    ]);
    expect(told).toEqual([]);
  });

  it("are not told of a job that ran for a while, nor of one that runs every ten minutes", () => {
    const job = line("row imported", 9);
    expect(play(hour, (s) => [work, ...(s > 100 && s < 1_500 ? [job] : [])])).toEqual([]);
    expect(play(2 * hour, (s) => [work, ...(s % 600 < 60 ? [job] : [])])).toEqual([]);
  });

  it("are not expected any more after an hour", () => {
    const told = play(3 * hour, (s) => [work, ...(s % 10 === 0 && s < 2_500 ? [beat] : [])]);
    expect(told.filter((f) => f.state === "cleared").map((f) => f.second)).toEqual([2_490 + hour]);
  });
});

describe("traces in a log", () => {
  const trace = (second: number, i: number, lines: readonly string[]): LogSignal[] =>
    lines.map((body) => ({ ...line(body, 9), traceId: `${second}-${i}` }));
  const usual = ["request comes in", "stock is reserved", "order is written", "answer is sent"];
  /** Five traces a second; of those between two times a share of ten logs `other` instead. */
  const traffic = (from: number, to: number, other: readonly string[], tenths: number) => (s: number) =>
    Array.from({ length: 5 }, (_, i) => {
      const isOdd = s >= from && s < to && (s * 5 + i) % 10 < tenths;
      const retried = (s * 5 + i) % 7 === 0 ? ["stock is asked again"] : [];
      return trace(s, i, isOdd ? other : [...usual, ...retried]);
    }).flat();

  it("are told when many lack lines that others have, with what is usual, and when they are as usual again", () => {
    const told = play(900, traffic(400, 600, usual.slice(0, 2), 5)).filter((f) => f.id.includes("log-sessions"));
    expect(told[0]).toMatchObject({ state: "firing", direction: "above", unit: "share of traces" });
    expect(told[0]?.second).toBeGreaterThan(405);
    expect(told[0]?.second).toBeLessThan(440);
    expect(told[0]?.summary).toMatch(
      /of \d+ traces logged unlike others, 0.\d % usual, since .*; one logged 0 times where 1 are usual/,
    );
    expect(told.at(-1)).toMatchObject({ state: "cleared" });
    expect(told.at(-1)?.second).toBeLessThan(720);
  });

  it("are not told of when they are as usual, or only a few are not", () => {
    const ids = (told: { readonly id: string }[]) => told.filter((f) => f.id.includes("log-sessions"));
    expect(ids(play(1_200, traffic(0, 0, [], 0)))).toEqual([]);
    expect(ids(play(900, traffic(400, 402, usual.slice(0, 2), 5)))).toEqual([]);
  });

  it("are the new usual after an hour", () => {
    const told = play(5_400, traffic(400, 9_999, usual.slice(0, 2), 5)).filter((f) => f.id.includes("log-sessions"));
    expect(told.filter((f) => f.state === "cleared")).toHaveLength(1);
    expect(told.at(-1)).toMatchObject({ state: "cleared" });
  });

  it("beyond a bound are counted and not looked at (I11)", () => {
    const watch = createLogWatch();
    for (let i = 0; i < 1_000; i++) for (const log of trace(0, i, usual)) watch.take(log, t0);
    expect(watch.stats().logSessionsMissed).toBe(700);
  });
});

describe("logs without end", () => {
  it("do not make an error new that was known, when its template is let go and made again before the next look", () => {
    const flood = Array.from({ length: 3_000 }, (_, i) => line(`${word(i)} ${word(7 * i)} ${word(13 * i)}`, 9));
    const known = line("pool exhausted");
    expect(
      play(110, (s) => (s === 0 ? [known] : s === 100 ? [...flood, known, known] : s > 100 ? [known] : [])),
    ).toEqual([]);
  });

  it("of ever new lines are bounded and counted (I11)", () => {
    const watch = createLogWatch();
    for (let i = 0; i < 5_000; i++) watch.take(line(`${word(i)} ${word(7 * i)} ${word(13 * i)}`, 9), t0 + i);
    watch.tick(t0 + 5_000);
    expect(watch.stats().logShapes).toBeLessThanOrEqual(1_000);
    expect(watch.stats().logShapesForgotten).toBeGreaterThan(3_900);
  });

  it("of very long lines are cut and counted", () => {
    const watch = createLogWatch();
    watch.take(line("x ".repeat(1_000_000)), t0);
    expect(watch.stats().logsCut).toBe(1);
  });
});

describe("what is known of logs is bounded", () => {
  const from = (service: string, body: string) => ({ ...line(body), service });

  it("lets go of services that logged once, and has room for declared ones meanwhile", () => {
    const watch = createLogWatch({ servicesMax: 100, reserved: 10 }, (service) => service === "payment");
    for (let i = 0; i < 500; i++) watch.take(from(`job-${i}`, "done"), t0);
    watch.take(from("payment", "paid"), t0);
    expect(watch.stats()).toMatchObject({ logServices: 91, logsUnshaped: 410 });
    expect(watch.crowded(t0)).toEqual(["lines of further services: 410 refused"]);
    watch.take(from("late", "hello"), t0 + 70_000);
    watch.tick(t0 + 70_000);
    expect(watch.stats().logServices).toBe(1);
    watch.take(from("late", "hello"), t0 + 71_000);
    expect(watch.stats()).toMatchObject({ logServices: 2, logsUnshaped: 411 });
  });

  it("forgets the services silent for longest when templates of all are too many, declared ones last", () => {
    const watch = createLogWatch({ formsMax: 200 }, (service) => service === "declared");
    for (const [at, service] of ["declared", "first", "second", "third"].entries())
      for (let i = 0; i < 60; i++)
        watch.take(
          from(service, `${String.fromCharCode(97 + (i % 26))}${"xyz"[i % 3] ?? ""}${i} w${i}q failed`),
          t0 + at,
        );
    watch.tick(t0 + 10);
    expect(watch.stats()).toMatchObject({ logServices: 3, logServicesForgotten: 1 });
    expect(watch.crowded(t0 + 10)).toEqual(["templates of all services: 1 services forgotten"]);
    watch.take(from("declared", "again"), t0 + 25 * 3_600_000);
    watch.tick(t0 + 25 * 3_600_000);
    expect(watch.stats().logServices).toBe(1);
  });
});
