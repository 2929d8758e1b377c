import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SpanSignal } from "../../signal/signal.ts";
import { analyzeTrace } from "./analyze-trace.ts";
import { createTraceAssembler } from "./assemble-traces.ts";
import { criticalPath } from "./critical-path.ts";
import { errorOrigins, originOf } from "./error-origin.ts";
import { compareOperations } from "./compare-operations.ts";
import { requestTime } from "./request-time.ts";
import { outlineOf } from "./trace-outline.ts";
import { timeSpent } from "./time-spent.ts";
import { createTraceWatch } from "./trace-watch.ts";
import { treeOf } from "./trace-tree.ts";
import { tracing } from "./traces.testsuite.ts";

const t0 = 1_790_000_000_000;

/** gateway serves 100 ms: 10 own, cart from 10 to 90 (of which the database 20 to 80), 10 own. */
function shop(): SpanSignal[] {
  const span = tracing();
  const root = span("gateway", "server", "GET /cart", 0, 100);
  const call = span("gateway", "client", "GET", 10, 80, { under: root, peer: "cart" });
  const cart = span("cart", "server", "GET /items", 12, 76, { under: call });
  const query = span("cart", "client", "SELECT", 20, 60, { under: cart, peer: "postgres" });
  return [root, call, cart, query];
}

describe("self time against waiting", () => {
  test("given a call and its served side, the network between is told apart from work", () => {
    const spent = timeSpent(treeOf(shop()));
    expect(spent.map(({ span, selfMs, waitMs, gapMs }) => [span.name, selfMs, waitMs, gapMs])).toEqual([
      ["GET /cart", 20, 80, undefined],
      ["GET", 4, 76, 4],
      ["GET /items", 16, 60, undefined],
      ["SELECT", 60, 0, undefined],
    ]);
  });

  test("given calls side by side, waiting for both at once counts once", () => {
    const span = tracing();
    const root = span("a", "server", "GET", 0, 100);
    const calls = [
      span("a", "client", "x", 10, 50, { under: root }),
      span("a", "client", "y", 20, 60, { under: root }),
    ];
    expect(timeSpent(treeOf([root, ...calls]))[0]).toMatchObject({ selfMs: 30, waitMs: 70 });
  });
});

describe("the critical path", () => {
  test("adds up to the length of the root, and leaves out who was not waited for", () => {
    const span = tracing();
    const root = span("a", "server", "GET", 0, 100);
    const quick = span("b", "server", "quick", 10, 20, { under: root });
    const slow = span("c", "server", "slow", 10, 80, { under: root });
    const path = criticalPath(treeOf([root, quick, slow]), root);
    expect(path.map((s) => [s.span.name, s.ms])).toEqual([
      ["GET", 10],
      ["GET", 10],
      ["slow", 80],
    ]);
  });

  test("holds calls one after the other that overlap by less than clocks can tell", () => {
    const span = tracing();
    const root = span("a", "server", "GET", 0, 100);
    const first = span("a", "client", "first", 10, 40.6, { under: root });
    const then = span("a", "client", "then", 50, 40, { under: root });
    const path = criticalPath(treeOf([root, first, then]), root);
    expect(path.map((s) => [s.span.name, s.ms])).toEqual([
      ["GET", 10],
      ["GET", 10],
      ["then", 40],
      ["first", 40],
    ]);
  });

  test("is as long as its root, whatever the spans are", () => {
    const spans = fc.array(fc.record({ parent: fc.nat(30), startMs: fc.nat(200), durationMs: fc.nat(300) }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(spans, (drawn) => {
        const span = tracing();
        const all: SpanSignal[] = [span("a", "server", "root", 0, 100)];
        for (const { parent, startMs, durationMs } of drawn)
          all.push(span("b", "internal", "x", startMs, durationMs, { under: all[parent % all.length] as SpanSignal }));
        const root = all[0] as SpanSignal;
        const ms = criticalPath(treeOf(all), root).reduce((sum, s) => sum + s.ms, 0);
        expect(ms).toBeLessThanOrEqual(100 + 1e-6);
        expect(ms).toBeGreaterThan(99.8);
      }),
    );
  });
});

describe("where the time of a request went", () => {
  test("own work and waiting, by whom was waited for, add up to its length", () => {
    const all = shop();
    const [root, , cart] = all as [SpanSignal, SpanSignal, SpanSignal];
    const time = (request: SpanSignal) => requestTime(treeOf(all), request);
    expect(time(root)).toEqual({ selfMs: 20, waits: new Map([["cart", 80]]) });
    expect(time(cart)).toEqual({ selfMs: 16, waits: new Map([["postgres", 60]]) });
  });

  test("of calls side by side only the one that was waited for counts", () => {
    const span = tracing();
    const root = span("a", "server", "GET", 0, 100);
    const work = span("a", "internal", "both", 5, 90, { under: root });
    const quick = span("a", "client", "x", 10, 20, { under: work, peer: "quick" });
    const slow = span("a", "client", "x", 10, 80, { under: work, peer: "slow" });
    expect(requestTime(treeOf([root, work, quick, slow]), root)).toEqual({
      selfMs: 20,
      waits: new Map([["slow", 80]]),
    });
  });
});

describe("where a failure came from", () => {
  test("is followed down from the request: whoever failed last, or whom nobody answered", () => {
    const span = tracing();
    const root = span("gateway", "server", "GET", 0, 10, { error: true });
    const first = span("gateway", "client", "GET", 1, 2, { under: root, peer: "cache", error: true });
    const call = span("gateway", "client", "GET", 4, 5, { under: root, peer: "cart:80", error: true });
    const cart = span("cart", "server", "GET", 5, 3, { under: call, error: true });
    const query = span("cart", "client", "SELECT", 6, 1, { under: cart, peer: "postgres", error: true });
    expect(originOf(treeOf([root, first, call, cart]), root)).toBe("cart");
    expect(originOf(treeOf([root, first, call, cart, query]), root)).toBe("postgres");
    expect(originOf(treeOf([root]), root)).toBe("gateway");
  });

  test("is the deepest failed span; failed callers are its echo", () => {
    const span = tracing();
    const root = span("gateway", "server", "GET", 0, 10, { error: true });
    const call = span("gateway", "client", "GET", 1, 8, { under: root, peer: "cart", error: true });
    const cart = span("cart", "server", "GET", 2, 6, { under: call, error: true });
    const fine = span("cart", "client", "SELECT", 3, 1, { under: cart, peer: "postgres" });
    expect(errorOrigins(treeOf([root, call, cart, fine])).map((o) => [o.service, o.peer])).toEqual([
      ["cart", undefined],
    ]);
  });

  test("is the call when nobody answered it", () => {
    const span = tracing();
    const root = span("cart", "server", "GET", 0, 10, { error: true });
    const call = span("cart", "client", "SELECT", 1, 8, { under: root, peer: "postgres", error: true });
    expect(errorOrigins(treeOf([root, call])).map((o) => [o.service, o.peer])).toEqual([["cart", "postgres"]]);
  });
});

test("time, failures and the critical path are put down to the operation that was served", () => {
  const { tallies } = analyzeTrace(shop());
  const sum = (service: string, member: "selfMs" | "criticalMs" | "count") =>
    tallies.filter((t) => t.service === service).reduce((n, t) => n + (t.add[member] ?? 0), 0);
  expect([sum("gateway", "selfMs"), sum("cart", "selfMs")]).toEqual([20, 16]);
  expect(sum("gateway", "criticalMs") + sum("cart", "criticalMs")).toBeCloseTo(100);
  expect(new Set(tallies.map((t) => t.operation))).toEqual(new Set(["GET /cart", "GET /items"]));
});

test("given half a request's time is another's, the summary of its operation says so beside what it was before", () => {
  const watch = createTraceWatch();
  const t0 = 1_790_000_000_000;
  for (let s = 0; s < 1_200; s++) {
    const nowMs = t0 + s * 1_000;
    const slow = s >= 900;
    const span = tracing(`trace-${s}`);
    const root = span("cart", "server", "GET /cart", nowMs, slow ? 400 : 40, { error: slow && s % 4 === 0 });
    watch.take(root, nowMs);
    watch.take(span("cart", "client", "GET", nowMs + 10, slow ? 370 : 10, { under: root, peer: "store" }), nowMs);
    watch.tick(nowMs);
  }
  const cutMs = t0 + 900_000;
  const rows = watch.operations("cart", "prod", t0 - 1, t0 + 1_180_000);
  // What is old is added up by the minute, so that a service takes no more room for it.
  expect(new Set(rows.map((r) => r.widthMs))).toEqual(new Set([10_000, 60_000]));
  const { since, before, beforeFromMs } = compareOperations(rows, cutMs, t0 + 1_180_000);
  expect(beforeFromMs).toBeGreaterThan(t0 - 60_000);
  expect(before).toMatchObject([{ operation: "GET /cart", errors: 0, meanMs: 40, selfShare: 0.75 }]);
  expect(before[0]?.waits).toEqual([{ name: "store", share: 0.25 }]);
  expect(since).toMatchObject([{ errorShare: 0.25, meanMs: 400, criticalShare: 1 }]);
  expect(since[0]?.waits[0]).toEqual({ name: "store", share: 0.925 });
  expect(since[0]?.origins).toEqual([{ name: "cart", share: 1 }]);
  expect(since[0]?.perSecond).toBeCloseTo(1, 1);
  expect(since[0]?.p50Ms).toBeGreaterThan(300);
  const firstMinute = compareOperations(rows.slice(-2), cutMs - 1_800_000, t0 + 1_180_000).since;
  expect(firstMinute[0]?.perSecond, "of a service just heard of, not of the time before it").toBeCloseTo(1, 1);
  expect(watch.services()).toEqual([{ service: "cart", environment: "prod" }]);
});

test("an outline of a trace has each span where it stands, what kept the trace from ending, and where it failed", () => {
  const all = shop().map((span) => (span.name === "SELECT" ? { ...span, error: true, statusCode: 13 } : span));
  const outline = outlineOf(all.toReversed());
  expect(outline).toMatchObject({ durationMs: 100, services: ["cart", "gateway"] });
  expect(outline?.spans.map((s) => [s.depth, s.name, s.offsetMs, s.selfMs, s.criticalMs, s.isOrigin])).toEqual([
    [0, "GET /cart", 0, 20, 20, false],
    [1, "GET", 10, 4, 4, false],
    [2, "GET /items", 12, 16, 16, false],
    [3, "SELECT", 20, 60, 60, true],
  ]);
  expect(outline?.origins).toEqual([{ service: "cart", peer: "postgres", name: "SELECT" }]);
  expect(outlineOf([])).toBeUndefined();
  expect(outlineOf(all.slice(1))?.spans[0]).toMatchObject({ depth: 0, isOrphan: true });
});

test("a trace that is its own ancestor, has no parents or comes twice ends in an answer", () => {
  const span = tracing();
  const a = span("a", "server", "x", 0, 1);
  const b = { ...span("a", "internal", "y", 0, 1), parentSpanId: a.spanId };
  const loop = { ...a, parentSpanId: b.spanId };
  expect(analyzeTrace([loop, b]).tallies).toEqual([]);
  expect(analyzeTrace([a, a, b]).tallies.filter((t) => t.add.count).length).toBe(1);
});

/** Lives through `seconds` of a shop with ten requests a second of the given shape. */
function live(watch: ReturnType<typeof createTraceWatch>, fromMs: number, seconds: number, peers: readonly string[]) {
  const findings = [];
  for (let s = 0; s < seconds; s++) {
    const nowMs = fromMs + s * 1000;
    for (let i = 0; i < 10; i++) {
      const span = tracing(`${nowMs}-${i}`);
      const root = span("cart", "server", "GET /cart", nowMs, 50);
      watch.take(root, nowMs);
      for (const peer of peers) watch.take(span("cart", "client", "GET", nowMs + 5, 10, { under: root, peer }), nowMs);
    }
    findings.push(...watch.tick(nowMs));
  }
  return findings;
}

describe("structural novelty", () => {
  test("given the usual calls, nothing is said", () => {
    expect(live(createTraceWatch(), t0, 200, ["catalogue", "payment"])).toEqual([]);
  });

  test("given a call that is left out, and one that is new, both are told, and cleared when they are as usual again", () => {
    const watch = createTraceWatch();
    live(watch, t0, 200, ["catalogue", "payment"]);
    const found = live(watch, t0 + 200_000, 60, ["catalogue", "fallback"]);
    expect(new Set(found.map((f) => f.subject))).toEqual(
      new Set(["GET /cart > fallback GET", "GET /cart > payment GET"]),
    );
    expect(found.at(-1)?.summary).toContain("100% of requests since");
    for (const f of found) expect(f.sinceMs).toBeGreaterThanOrEqual(t0 + 200_000);
    expect(new Set(found.map((f) => f.direction))).toEqual(new Set(["present", "absent"]));
    const after = live(watch, t0 + 260_000, 200, ["catalogue", "payment"]);
    expect(after.filter((f) => f.state === "cleared").length).toBe(2);
  });

  test("keeps the slow and failed traces of each minute", () => {
    const watch = createTraceWatch();
    live(watch, t0, 30, []);
    const span = tracing("bad");
    watch.take(span("cart", "server", "GET /cart", t0 + 31_000, 900, { error: true }), t0 + 32_000);
    watch.tick(t0 + 45_000);
    const [first, ...rest] = watch.exemplars("cart", "prod", t0, t0 + 60_000);
    expect(first).toMatchObject({ traceId: "bad", why: "failed" });
    expect(rest.map((e) => e.why)).toEqual(["slow", "slow", "slow"]);
    expect(watch.exemplarReason("bad")).toBe("failed");
  });

  test("keeps the first traces with a call that is new, or that leave one out, and says which", () => {
    const watch = createTraceWatch();
    live(watch, t0, 200, ["catalogue", "payment"]);
    live(watch, t0 + 200_000, 15, ["catalogue", "fallback"]);
    const kept = watch.exemplars("cart", "prod", t0, t0 + 300_000).filter((e) => e.why === "new");
    expect(kept.map((e) => e.what)).toEqual(Array.from({ length: 3 }, () => "calls `fallback GET`"));
    expect(kept[0]?.atMs).toBe(t0 + 200_000);
    expect(watch.exemplarReason(kept[0]?.traceId ?? "")).toBe("new");
    watch.tick(t0 + 3 * 3_600_000);
    expect(watch.exemplarReason(kept[0]?.traceId ?? "")).toBeUndefined();
    const other = createTraceWatch();
    live(other, t0, 200, ["catalogue", "payment"]);
    live(other, t0 + 200_000, 15, ["catalogue"]);
    const left = other.exemplars("cart", "prod", t0, t0 + 300_000).filter((e) => e.why === "new");
    expect(left[0]?.what).toBe("leaves out `payment GET`");
  });
});

test("of more traces than fit a share is looked at, all spans of one or none, and it rises again", () => {
  const limits = { tracesMax: 100, spansPerTraceMax: 2, spansMax: 1_000, quietMs: 1000, ageMsMax: 5000 };
  const assembler = createTraceAssembler(limits);
  const ids = Array.from({ length: 1_000 }, (_, i) => `trace-${i}`);
  for (const id of ids) assembler.add(tracing(id)("a", "server", "x", 0, 1), 0);
  expect(assembler.stats().tracesOpen).toBeLessThanOrEqual(100);
  expect(assembler.stats().tracesLookedAtPercent).toBe(50);
  assembler.take(2_000);
  for (const [i, id] of ids.entries()) {
    const span = tracing(id);
    for (let n = 0; n < 2; n++) assembler.add(span("a", "server", "x", 0, 1), 10_000 + i * 100);
    for (const { spans } of assembler.take(10_000 + i * 100)) expect(spans.length).toBe(2);
  }
  for (let s = 200; s < 1_000; s++) assembler.take(s * 1_000);
  expect(assembler.stats()).toMatchObject({ tracesOpen: 0, tracesLookedAtPercent: 100 });
});

test("a trace that never ends to grow is bounded", () => {
  const assembler = createTraceAssembler({
    tracesMax: 10,
    spansPerTraceMax: 2,
    spansMax: 100,
    quietMs: 1000,
    ageMsMax: 5000,
  });
  for (let i = 0; i < 5; i++) assembler.add(tracing("same")("a", "server", "x", 0, 1), 0);
  expect(assembler.stats()).toMatchObject({ tracesOpen: 1, spansUntraced: 3 });
});

test("many traces, each within its limit, are bounded together: the oldest are looked at as they are and make room", () => {
  const limits = { tracesMax: 1_000, spansPerTraceMax: 100, spansMax: 500, quietMs: 1_000, ageMsMax: 5_000 };
  const assembler = createTraceAssembler(limits);
  for (let i = 0; i < 10; i++)
    for (let n = 0; n < 100; n++) assembler.add(tracing(`trace-${i}`)("a", "server", "x", 0, 1), i);
  const { spansOpen, tracesCut, spansUntraced } = assembler.stats();
  expect(spansOpen).toBeLessThanOrEqual(500);
  const cut = assembler.take(10).filter((t) => t.isCut);
  expect(tracesCut).toBeGreaterThan(0);
  expect(cut[0]?.spans[0]?.traceId).toBe("trace-0");
  expect(cut.reduce((n, t) => n + t.spans.length, 0) + spansOpen + spansUntraced).toBe(1_000);
  assembler.add(tracing("trace-0")("a", "server", "late", 0, 1), 20);
  expect(assembler.stats().spansUntraced).toBe(spansUntraced + 1);
});

test("a service whose operations have ids in their names takes no room from others, and is named", () => {
  const watch = createTraceWatch();
  for (let i = 0; i < 2_000; i++) watch.take(tracing(`t${i}`)("crawled", "server", `GET /item/${i}`, t0, 1), t0);
  watch.take(tracing("other")("cart", "server", "GET /cart", t0, 1), t0);
  watch.tick(t0 + 20_000);
  expect(watch.stats()).toMatchObject({ traceOperations: 501, traceOperationsRefused: 1_500 });
  expect(watch.crowded(t0 + 20_000).flatMap((c) => c.worst)).toEqual(["operations of crawled: 1500 refused"]);
  for (let s = 30; s < 300; s += 10) watch.tick(t0 + s * 1_000);
  expect(watch.stats()["traceOperations"]).toBe(0);
});
