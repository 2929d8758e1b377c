import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connectAlerts } from "./connect-alerts.ts";
import { absorb, openIncident } from "./correlate.ts";
import { givenAlert, groupOf } from "./given-alert.testsuite.ts";
import { home } from "./home.ts";
import { connectedIncidents } from "./merge-incidents.ts";
import { togetherMs, type Onset } from "./near.ts";
import { sharedCallees } from "./shared-callees.ts";
import { joinTopology } from "./topology.ts";

const names = (prefix: string, many: number): string[] => Array.from({ length: many }, (_, i) => `${prefix}${i}`);
const at = (ms: number): Onset => ({ fromMs: ms, toMs: ms });
const hurtAt = (services: readonly string[], ms = 0): Map<string, Onset> => new Map(services.map((s) => [s, at(ms)]));

const shops = names("shop", 40);
const topology = joinTopology(
  shops.map((from) => ({ from, to: "ledger" })),
  [],
);

describe("what nothing is known against and many of whose callers hurt", () => {
  test("is what five of them have in common, a tenth of all", () => {
    expect([...sharedCallees(hurtAt(shops.slice(0, 5)), topology).keys()]).toEqual(["ledger"]);
    expect(sharedCallees(hurtAt(shops.slice(0, 4)), topology).size).toBe(0);
    const wide = joinTopology(
      names("shop", 60).map((from) => ({ from, to: "ledger" })),
      [],
    );
    expect(sharedCallees(hurtAt(shops.slice(0, 5)), wide).size).toBe(0);
    expect(sharedCallees(hurtAt(shops.slice(0, 6)), wide).size).toBe(1);
  });

  test("is nothing that they have in common over hours", () => {
    const slowly = new Map(shops.map((s, i) => [s, at(i * togetherMs)]));
    expect(sharedCallees(slowly, topology).size).toBe(0);
  });

  test("leaves out who began to hurt at another time", () => {
    const early = new Map([...hurtAt(shops.slice(0, 9)), ...hurtAt(["shop9"], -3 * togetherMs)]);
    expect(sharedCallees(early, topology).get("ledger")?.callers).toEqual(shops.slice(0, 9));
  });

  test("may have a callee in common itself", () => {
    const hubs = names("hub", 6);
    const leaves = hubs.flatMap((hub) => names(`${hub}-leaf`, 6).map((from) => ({ from, to: hub })));
    const deep = joinTopology([...leaves, ...hubs.map((from) => ({ from, to: "database" }))], []);
    const hurt = hurtAt(leaves.map((l) => l.from));
    expect([...sharedCallees(hurt, deep).keys()].toSorted()).toEqual(["database", ...hubs]);
  });

  test("is never less when more hurts", () => {
    const name = fc.nat({ max: 20 }).map((i) => `s${i}`);
    const hurt = fc.dictionary(name, fc.nat({ max: 3 * togetherMs }));
    fc.assert(
      fc.property(
        hurt,
        hurt,
        fc.array(fc.record({ from: name, to: name }), { maxLength: 200 }),
        (few, others, edges) => {
          const calls = joinTopology(edges, []);
          const told = (of: Readonly<Record<string, number>>) =>
            new Map(Object.entries(of).map(([s, ms]) => [s, at(ms)]));
          const more = told({ ...others, ...few });
          const before = sharedCallees(told(few), calls).keys();
          const after = sharedCallees(more, calls);
          for (const callee of before) expect(after.has(callee) || more.has(callee)).toBe(true);
        },
      ),
    );
  });
});

describe("a storm whose cause says nothing", () => {
  test("is one list of alerts", () => {
    expect(
      connectAlerts(
        shops.slice(0, 7).map((s) => givenAlert(s)),
        topology,
      ),
    ).toHaveLength(1);
  });

  test("is one incident once enough of it came, one alert after the other", () => {
    const incidents = shops.slice(0, 6).map((s) => openIncident(groupOf(givenAlert(s)), [], 0));
    expect(connectedIncidents(incidents.slice(0, 4), topology)).toEqual([]);
    expect(connectedIncidents(incidents, topology)).toEqual([incidents]);
  });

  test("takes in who hurts later, and nobody who hurts for a reason of its own", () => {
    const first = openIncident(groupOf(givenAlert("shop0")), [], 0);
    const all = absorb(first, groupOf(...shops.slice(1, 6).map((s) => givenAlert(s))), [], 0);
    expect(home(groupOf(givenAlert("shop9")), [all], topology)).toBe(all);
    expect(home(groupOf(givenAlert("shop9", { startsAtMs: 3 * togetherMs })), [all], topology)).toBeUndefined();
    expect(home(groupOf(givenAlert("shop9")), [first], topology)).toBeUndefined();
  });
});
