import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Finding } from "../detection/finding.ts";
import { withoutAfterglow } from "./afterglow.ts";
import { absorb, addChanges, openIncident, type Group } from "./correlate.ts";
import { givenFinding as finding } from "./given-finding.testsuite.ts";
import { home } from "./home.ts";
import type { IncidentState } from "./incident.ts";
import { joinTopology } from "./topology.ts";
import { isLive, mayFollow, timelineMax, note, transition } from "./transition.ts";

const group = (findings: readonly Finding[]): Group => ({
  environment: "demo",
  findings,
  alerts: [],
  why: "they agree",
});
const topology = joinTopology(
  [
    { from: "gateway", to: "cart" },
    { from: "cart", to: "store" },
  ],
  [],
);
const states: IncidentState[] = [
  "open",
  "diagnosing",
  "awaiting-approval",
  "remediating",
  "verifying",
  "resolved",
  "stood-down",
  "escalated",
  "closed",
];

describe("lifecycle", () => {
  test("only legal transitions happen, each with reason and actor on the timeline", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states), { maxLength: 30 }), (path) => {
        let incident = openIncident(group([finding("cart")]), [], 10_000);
        for (const to of path) {
          const before = incident;
          const moved = transition(before, to, { kind: "homeostat", name: "homeostat" }, "why", 11_000);
          if (before.state !== to) expect(moved.ok).toBe(mayFollow(before.state, to));
          if (!moved.ok || before.state === to) continue;
          incident = moved.value;
          expect(incident.timeline.at(-1)?.text).toBe(`${to}: why`);
        }
      }),
    );
  });

  test("a closed incident stays closed", () => expect(states.some((to) => mayFollow("closed", to))).toBe(false));

  test("ended states are not live", () =>
    expect(states.filter((s) => !isLive(s))).toEqual(["resolved", "stood-down", "closed"]));

  test("a full timeline says so instead of growing for ever", () => {
    let incident = openIncident(group([finding("cart")]), [], 0);
    for (let i = 0; i < timelineMax + 50; i++)
      incident = note(incident, {
        atMs: i,
        kind: "note",
        actor: { kind: "homeostat", name: "homeostat" },
        text: `line ${i}`,
        record: `r${i}`,
      });
    expect(incident.timeline.length).toBe(timelineMax + 1);
    expect(incident.timeline.at(-1)?.text).toContain("full: 52 more lines");
    const moved = transition(incident, "escalated", { kind: "homeostat", name: "homeostat" }, "why", 1);
    if (!moved.ok) return expect.unreachable();
    expect(moved.value.timeline.at(-2)?.text).toBe("escalated: why");
    const again = transition(moved.value, "closed", { kind: "person", name: "ann" }, "mine", 2);
    const keys = again.ok ? again.value.timeline.flatMap((e) => (e.kind === "state" ? [e.record] : [])) : [];
    expect(new Set(keys).size).toBe(3);
  });
});

describe("grouping", () => {
  test("the same findings open the same incident, whoever sees them", () => {
    const [a, b] = [finding("cart"), finding("gateway")];
    expect(openIncident(group([a, b]), [], 20_000).id).toBe(openIncident(group([b, a]), [], 21_000).id);
  });

  test("a neighbour's findings join the live incident, a stranger's do not", () => {
    const live = openIncident(group([finding("cart")]), [], 10_000);
    expect(home(group([finding("store")]), [live], topology)?.id).toBe(live.id);
    expect(home(group([finding("billing")]), [live], topology)).toBeUndefined();
  });

  test("one service between is near enough for what began together, and a direct neighbour comes first", () => {
    const live = openIncident(group([finding("store")]), [], 10_000);
    expect(home(group([finding("gateway")]), [live], topology)?.id).toBe(live.id);
    expect(home(group([finding("gateway", { sinceMs: 400_000 })]), [live], topology)).toBeUndefined();
    const nearer = openIncident(group([finding("cart")]), [], 20_000);
    expect(home(group([finding("gateway")]), [live, nearer], topology)?.id).toBe(nearer.id);
  });

  test("another environment's findings never join", () => {
    const live = openIncident(group([finding("cart")]), [], 10_000);
    const elsewhere = { ...group([finding("cart", { environment: "production" })]), environment: "production" };
    expect(home(elsewhere, [live], topology)).toBeUndefined();
  });

  test("absorbing the same findings again changes nothing", () => {
    const live = openIncident(group([finding("cart")]), [], 10_000);
    expect(absorb(live, group([finding("cart")]), [], 30_000)).toBe(live);
  });

  test("an incident that ended a moment ago is not opened again by windows that clear late", () => {
    const resolved = {
      ...openIncident(group([finding("cart")]), [], 10_000),
      state: "resolved" as const,
      endedAtMs: 60_000,
    };
    expect(withoutAfterglow(group([finding("cart")]), [resolved], 90_000).findings).toEqual([]);
    const again = finding("cart", { sinceMs: 70_000 });
    expect(withoutAfterglow(group([again]), [resolved], 90_000).findings).toEqual([again]);
  });

  test("a change of long ago is on no timeline and moves no start", () => {
    const old = { kind: "change", id: "e", change: "release", service: "cart", environment: "demo" } as const;
    const live = openIncident(group([finding("cart", { sinceMs: 9e9 })]), [], 9e9);
    const after = addChanges(live, [{ ...old, timeMs: -62_135_596_800_000, source: "event" }]);
    expect([after.changes, after.sinceMs]).toEqual([[], live.sinceMs]);
  });

  test("a change told by an event and seen on the target is on the timeline once", () => {
    const told = {
      kind: "change",
      id: "e1",
      change: "release",
      service: "cart",
      environment: "demo",
      timeMs: 500,
      to: "1.2.0",
      source: "event",
    } as const;
    const seen = { ...told, id: "o1", timeMs: 3_000, source: "observed" } as const;
    const incident = addChanges(addChanges(openIncident(group([finding("cart")]), [], 10_000), [told]), [seen]);
    expect(incident.changes).toEqual([told]);
  });
});
