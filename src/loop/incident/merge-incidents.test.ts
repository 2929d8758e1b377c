import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AlertSignal } from "../signal/signal.ts";
import { connectAlerts } from "./connect-alerts.ts";
import { absorb, openIncident } from "./correlate.ts";
import { givenAlert, groupOf } from "./given-alert.testsuite.ts";
import { home } from "./home.ts";
import type { Incident } from "./incident.ts";
import { connectedIncidents, mergesOf, takeIn } from "./merge-incidents.ts";
import { togetherMs } from "./near.ts";
import { joinTopology, type Topology } from "./topology.ts";

const none: ReadonlySet<string> = new Set();

/** Looks one after the other, each with the alerts that came in since: what `respond` does, without a world around it. */
function arrive(looks: readonly (readonly AlertSignal[])[], topology: Topology): Incident[] {
  const live = new Map<string, Incident>();
  for (const [nowMs, alerts] of looks.entries()) {
    for (const group of connectAlerts(alerts, topology).map((list) => groupOf(...list))) {
      const known = home(group, [...live.values()], topology);
      const placed = known ? absorb(known, group, [], nowMs) : openIncident(group, [], nowMs);
      live.set(placed.id, placed);
    }
    for (const together of connectedIncidents([...live.values()], topology))
      for (const { from, into } of mergesOf(together, none)) {
        const [stays, goes] = [live.get(into), live.get(from)];
        if (stays && goes) live.set(into, takeIn(stays, goes, [], nowMs));
        live.delete(from);
      }
  }
  return [...live.values()];
}

const hurtIn = (lists: readonly (readonly string[])[]): string[] => lists.map((l) => l.toSorted().join(" ")).toSorted();

/** The same alerts in any order, cut into looks anywhere. */
const looksOf = (alerts: readonly AlertSignal[]) =>
  fc
    .tuple(
      fc.shuffledSubarray([...alerts], { minLength: alerts.length }),
      fc.array(fc.nat({ max: alerts.length }), { maxLength: alerts.length }),
    )
    .map(([mixed, cuts]) => {
      const ends = [...new Set([...cuts, mixed.length])].toSorted((a, b) => a - b);
      return ends.map((end, i) => mixed.slice(ends[i - 1] ?? 0, end));
    });

/** A storm: each service calls one or two of those before it, and all are hurt, within minutes. */
const storm = (name: string) =>
  fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: togetherMs })), { minLength: 2, maxLength: 25 }).map((drawn) => ({
    alerts: drawn.map(([, , atMs], i) => givenAlert(`${name}${i}`, { startsAtMs: atMs })),
    edges: drawn
      .slice(1)
      .flatMap(([a, b], i) => [a, b].map((n) => ({ from: `${name}${i + 1}`, to: `${name}${n % (i + 1)}` }))),
  }));

describe("a storm of alerts", () => {
  test("from one cause is one incident, in whatever order its alerts come", () => {
    fc.assert(
      fc.property(
        storm("a").chain(({ alerts, edges }) => fc.tuple(looksOf(alerts), fc.constant(edges))),
        ([looks, edges]) => {
          const live = arrive(looks, joinTopology(edges, []));
          expect(live).toHaveLength(1);
          expect(live[0]?.alerts).toHaveLength(looks.flat().length);
        },
      ),
    );
  });

  test("and one that has nothing to do with it stay two, however they come mixed", () => {
    const both = fc
      .tuple(storm("a"), storm("b"))
      .chain(([a, b]) => fc.tuple(looksOf([...a.alerts, ...b.alerts]), fc.constant([...a.edges, ...b.edges])));
    fc.assert(
      fc.property(both, ([looks, edges]) => {
        const live = arrive(looks, joinTopology(edges, []));
        expect(live.map((i) => new Set(i.services.map((s) => s[0])).size)).toEqual([1, 1]);
      }),
    );
  });

  test("ends in the incidents it would have opened had it come at once, with gaps and hubs in any topology", () => {
    const name = fc.nat({ max: 30 }).map((i) => `s${i}`);
    const edges = fc.array(fc.record({ from: name, to: name }), { maxLength: 60 });
    const alerts = fc.uniqueArray(name, { maxLength: 15 }).map((names) => names.map((n) => givenAlert(n)));
    fc.assert(
      fc.property(
        alerts.chain((all) => fc.tuple(fc.constant(all), looksOf(all), edges)),
        ([all, looks, drawn]) => {
          const topology = joinTopology(drawn, []);
          const atOnce = connectAlerts(all, topology).map((list) => list.map((a) => a.service));
          expect(hurtIn(arrive(looks, topology).map((i) => i.services))).toEqual(hurtIn(atOnce));
        },
      ),
      { numRuns: 300 },
    );
  });
});

const topology = joinTopology([{ from: "shop", to: "cart" }], []);
const incident = (service: string, over: Partial<Incident> = {}): Incident => ({
  ...openIncident(groupOf(givenAlert(service)), [], 1_000),
  id: `inc-${service}`,
  ...over,
});

describe("incidents", () => {
  test("that began apart are not joined, though they are next to each other", () => {
    const later = { ...openIncident(groupOf(givenAlert("cart", { startsAtMs: togetherMs + 1 })), [], togetherMs + 2) };
    expect(connectedIncidents([incident("shop"), later], topology)).toEqual([]);
  });

  test("merge into the oldest that is worked on", () => {
    const list = [
      incident("b", { openedAtMs: 2 }),
      incident("c", { openedAtMs: 1, state: "escalated" }),
      incident("a", { openedAtMs: 3 }),
    ];
    expect(mergesOf(list, none)).toEqual([
      { from: "inc-a", into: "inc-b" },
      { from: "inc-c", into: "inc-b" },
    ]);
  });

  test("merge into the one that acts, however young it is, and never take from one what it has begun", () => {
    for (const state of ["awaiting-approval", "remediating", "verifying"] as const) {
      const list = [incident("a", { openedAtMs: 1 }), incident("b", { openedAtMs: 2, state })];
      expect(mergesOf(list, none)).toEqual([{ from: "inc-a", into: "inc-b" }]);
    }
    const acted = new Set(["inc-a", "inc-b"]);
    const list = [incident("a", { openedAtMs: 1 }), incident("b", { openedAtMs: 2 }), incident("c", { openedAtMs: 0 })];
    expect(mergesOf(list, acted)).toEqual([{ from: "inc-c", into: "inc-a" }]);
  });

  test("that ended take no part", () => {
    expect(mergesOf([incident("a", { state: "resolved" }), incident("b")], none)).toEqual([]);
  });
});

describe("what is taken in", () => {
  const many = Array.from({ length: 300 }, (_, i) => givenAlert("cart", { name: `a${i}` }));
  const large = { ...openIncident(groupOf(...many), [], 1_000), id: "inc-large" };

  test("is bounded, and what is not kept is counted, also across merges", () => {
    expect(large.alerts).toHaveLength(200);
    expect(large.notKept?.alerts).toBe(100);
    const other = { ...openIncident(groupOf(givenAlert("shop")), [], 1_000), id: "inc-small" };
    const joined = takeIn(other, large, [], 2_000);
    expect(joined.alerts).toHaveLength(200);
    expect(joined.notKept?.alerts).toBe(101);
    expect(joined.services).toEqual(["shop", "cart"]);
  });

  test("counts once when it is taken in again after a crash", () => {
    const small = { ...incident("shop"), notKept: { findings: 0, alerts: 1, changes: 0, lines: 0 } };
    const once = takeIn(small, large, [], 2_000);
    expect(once.notKept?.alerts).toBe(102);
    expect(takeIn(once, large, [], 3_000).notKept).toEqual(once.notKept);
    expect(
      takeIn(takeIn(incident("shop"), incident("cart"), [], 2_000), incident("cart"), [], 3_000).timeline,
    ).toHaveLength(4);
  });

  test("leaves room on the timeline for what is done about it", () => {
    expect(large.timeline).toHaveLength(22);
    expect(large.timeline.at(-1)?.text).toBe("and 280 more findings and alerts at once; the audit log has each");
  });

  test("does not put an older finding in the place of a newer one", () => {
    const [a, b] = [incident("shop"), incident("cart")];
    const alert = givenAlert("x");
    const resolved = { ...alert, status: "resolved" as const };
    const joined = takeIn({ ...a, alerts: [resolved] }, { ...b, alerts: [alert] }, [], 2_000);
    expect(joined.alerts).toEqual([resolved]);
  });
});
