import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Tier } from "../signal/service.ts";
import type { LogSignal, SpanSignal } from "../signal/signal.ts";
import { hashShare } from "./hash-share.ts";
import { createKeeping, type KeptWindow } from "./keeping.ts";
import { createLogThinning, linesMax } from "./thin-logs.ts";
import { createSpanThinning } from "./thin-spans.ts";
import { createWaitingRoom, type WaitingRoom } from "./waiting-room.ts";

const startMs = Date.parse("2026-11-20T12:00:00Z");
const minuteMs = 60_000;
const rules = { shares: { 1: 0.5, 2: 0.2, 3: 0.1, 4: 0 }, beforeMs: 300_000, afterMs: 300_000 };
const names = ["cart", "checkout", "store"];
const services = names.map((telemetryName, i) => ({ telemetryName, environment: "prod", tier: (i + 1) as Tier }));
const keepingOf = (windows: readonly KeptWindow[] = []) => createKeeping(rules, windows, services);
const inWindow: KeptWindow = { service: "cart", environment: "prod", fromMs: startMs, toMs: startMs + minuteMs / 2 };

function settled(room: WaitingRoom) {
  for (const kind of ["spans", "logs", "points"] as const) room.decide(kind, Infinity);
  return room.takeDecided();
}

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0");

const spans: fc.Arbitrary<SpanSignal> = fc.record({
  kind: fc.constant("span"),
  service: fc.constantFrom(...names),
  environment: fc.constant("prod"),
  traceId: fc.integer({ min: 1, max: 40 }).map((n) => hex(n * 7919, 32)),
  spanId: fc.integer({ min: 1 }).map((n) => hex(n, 16)),
  name: fc.constant("GET /"),
  spanKind: fc.constantFrom("server", "client", "internal"),
  startMs: fc.integer({ min: 0, max: 2 * minuteMs }).map((after) => startMs + after),
  durationMs: fc.integer({ min: 0, max: 1_000 }),
  error: fc.boolean().map((b) => b),
});

const log = (i: number, over: Partial<LogSignal> = {}): LogSignal => ({
  kind: "log",
  service: "cart",
  environment: "prod",
  timeMs: startMs + (i % 50_000),
  severity: 9,
  body: `line ${i}`,
  ...over,
});

describe("thinning", () => {
  test("keeps traces that are worth looking at for what others know of them, and says why", () => {
    const keeping = createKeeping({ ...rules, shares: { 1: 0, 2: 0, 3: 0, 4: 0 } }, [], services);
    const call = (n: number, spanKind: SpanSignal["spanKind"]): SpanSignal => ({
      kind: "span",
      service: "cart",
      environment: "prod",
      traceId: hex(n, 32),
      spanId: hex(n, 16),
      name: "GET /",
      spanKind,
      startMs: startMs + n,
      durationMs: 10,
      error: false,
    });
    const wanted = new Map([
      [hex(7, 32), "new"],
      [hex(8, 32), "failed"],
    ] as const);
    const { thinned } = createSpanThinning((id) => wanted.get(id)).thin(
      Array.from({ length: 20 }, (_, n) => call(n + 1, "client")),
      keeping,
    );
    expect(thinned.map((row) => [row.spanId, row.keptFor, row.share])).toEqual([
      [hex(7, 16), "new", 1],
      [hex(8, 16), "error", 1],
    ]);
  });

  test("never loses a span of a trace that failed, and keeps all of a window, whatever the traffic (A9)", () => {
    fc.assert(
      fc.property(fc.array(spans, { maxLength: 120 }), (all) => {
        const room = createWaitingRoom(() => keepingOf([inWindow]));
        room.take(all, startMs + 3 * minuteMs);
        const { whole, thinned } = settled(room);
        const failed = new Set(all.filter((s) => s.error).map((s) => s.traceId));
        const isNear = (s: SpanSignal) =>
          s.service === "cart" && s.startMs + s.durationMs < inWindow.toMs && s.startMs + s.durationMs >= startMs;
        const ids = (of: readonly SpanSignal[]) => of.map((s) => `${s.traceId} ${s.spanId} ${s.startMs}`).toSorted();
        const near = all.filter(isNear);
        expect(ids(whole.spans)).toEqual(ids(near));
        expect(ids(thinned.spans)).toEqual(
          expect.arrayContaining(ids(all.filter((s) => failed.has(s.traceId) && !isNear(s)))),
        );
        const { whole: w, thinned: t, leftOut, dropped, untimely } = room.stats().fates.spans;
        expect(w + t + leftOut + dropped + untimely).toBe(all.length);
      }),
    );
  });

  test("is the same on every controller and in every order: no chance is in it", () => {
    fc.assert(
      fc.property(
        fc
          .array(spans, { maxLength: 80 })
          .chain((all) =>
            fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
          ),
        ([all, shuffled]) => {
          const kept = (of: readonly SpanSignal[]) => {
            const room = createWaitingRoom(() => keepingOf());
            room.take(of, startMs + 3 * minuteMs);
            return settled(room)
              .thinned.spans.map((s) => JSON.stringify(s))
              .toSorted();
          };
          expect(kept(shuffled)).toEqual(kept(all));
        },
      ),
    );
  });

  test("keeps about its tier's share of traces, whole ones, and says how likely that was", () => {
    const traces = Array.from({ length: 4_000 }, (_, i) => hex(i + 1, 32));
    const of = (traceId: string, service: string, durationMs: number): SpanSignal => ({
      kind: "span",
      service,
      environment: "prod",
      traceId,
      spanId: hex(1, 16),
      name: "GET /",
      spanKind: "internal",
      startMs,
      durationMs,
      error: false,
    });
    const all = traces.flatMap((id) => [of(id, "store", 5), of(id, "checkout", 9)]);
    const { thinned } = createSpanThinning().thin(all, keepingOf());
    const kept = Map.groupBy(thinned, (s) => s.traceId);
    expect(kept.size / traces.length).toBeCloseTo(rules.shares[2], 1);
    expect([...kept.values()].every((trace) => trace.length === 2)).toBe(true);
    expect(new Set(thinned.map((s) => s.share))).toEqual(new Set([rules.shares[2]]));
    const estimated = thinned.reduce((n, s) => n + 1 / s.share, 0);
    expect(Math.abs(estimated / all.length - 1)).toBeLessThan(0.1);
  });

  test("keeps the slowest requests of a service and minute with their traces", () => {
    const thinning = createSpanThinning();
    const request = (i: number, durationMs: number): SpanSignal => ({
      kind: "span",
      service: "unknown",
      environment: "prod",
      traceId: hex(i + 1, 32),
      spanId: hex(i + 1, 16),
      name: "GET /",
      spanKind: "server",
      startMs: startMs - durationMs,
      durationMs,
      error: false,
    });
    const all = Array.from({ length: 500 }, (_, i) => request(i, i));
    const child = { ...request(499, 3), spanId: "c".repeat(16), spanKind: "client" as const };
    const kept = thinning.thin([...all, child], keepingOf()).thinned.filter((s) => s.keptFor === "slow");
    expect(kept.map((s) => s.durationMs).toSorted((a, b) => a - b)).toEqual([3, 497, 498, 499]);
    expect(thinning.thin([request(600, 100)], keepingOf()).thinned.map((s) => s.keptFor)).not.toContain("slow");
  });

  test("keeps log lines up to a number per service and minute, severe ones first, and the rest by hash", () => {
    const thinning = createLogThinning();
    const info = Array.from({ length: 1_000 }, (_, i) => log(i));
    const severe = Array.from({ length: 150 }, (_, i) => log(i, { severity: 17 }));
    const { thinned } = thinning.thin([...info, ...severe], keepingOf());
    const many = (keptFor: string) => thinned.filter((l) => l.keptFor === keptFor).length;
    expect([many("sample"), many("severe")]).toEqual([linesMax.sample, 150]);
    expect(thinned.find((l) => l.keptFor === "sample")?.share).toBeCloseTo(0.02);
    const again = thinning.thin([...severe, ...info], keepingOf()).thinned;
    expect(again).toHaveLength(linesMax.severe - 150);
    expect(
      thinning.thin(
        info.map((l) => ({ ...l, timeMs: l.timeMs + minuteMs })),
        keepingOf(),
      ).thinned,
    ).toHaveLength(20);
  });

  test("spreads evenly what it hashes, also ids that are counted up", () => {
    const places = Array.from({ length: 10_000 }, (_, i) => hashShare(hex(i, 32)));
    for (const share of [0.01, 0.05, 0.2, 0.5])
      expect(Math.abs(places.filter((p) => p < share).length / 10_000 - share)).toBeLessThan(0.012);
  });
});

describe("the waiting room", () => {
  test("decides early when there is no more room, and drops and counts only beyond that (I11)", () => {
    const room = createWaitingRoom(() => keepingOf(), { bytesMax: 20_000, decidedBytesMax: 30_000 });
    const failing = Array.from({ length: 1_000 }, (_, i) => log(i, { severity: 17, service: `s${i}` }));
    room.take(failing, startMs);
    const { fates, bytes, early } = room.stats();
    expect(bytes).toBeLessThanOrEqual(20_000);
    expect(early).toBeGreaterThan(900);
    expect(fates.logs.thinned).toBeGreaterThan(50);
    expect(fates.logs.thinned).toBeLessThan(150);
    expect(fates.logs.dropped).toBe(early - fates.logs.thinned);
    expect(settled(room).thinned.logs).toHaveLength(fates.logs.thinned);
  });

  test("refuses what is of another time, and counts it", () => {
    const room = createWaitingRoom(() => keepingOf());
    const times = [startMs, startMs + 3_600_000, startMs - 3_600_000, Number.NaN, Infinity, -1];
    room.take(
      times.map((timeMs) => log(1, { timeMs })),
      startMs,
    );
    expect(room.stats().fates.logs.untimely).toBe(5);
    expect(settled(room).thinned.logs).toHaveLength(1);
  });
});
