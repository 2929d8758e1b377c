import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlertSignal } from "../signal/signal.ts";
import { connectAlerts } from "./connect-alerts.ts";
import { callersOf, calleesOf, joinTopology } from "./topology.ts";

const alert = (service: string, name = "HighErrorRate"): AlertSignal => ({
  kind: "alert",
  fingerprint: `${service}-${name}`,
  name,
  status: "firing",
  service,
  environment: "production",
  severity: "critical",
  labels: {},
  annotations: {},
  startsAtMs: 0,
});
const services = (lists: readonly (readonly AlertSignal[])[]) => lists.map((all) => all.map((a) => a.service));

describe("alerts that came in at once", () => {
  const topology = joinTopology(
    [
      { from: "shop", to: "cart" },
      { from: "cart", to: "database" },
      { from: "search", to: "index" },
    ],
    [],
  );

  it("are one list when one cause hurts a chain of callers, in whatever order they come", () => {
    expect(services(connectAlerts([alert("shop"), alert("database"), alert("cart")], topology))).toEqual([
      ["shop", "database", "cart"],
    ]);
  });

  it("stay apart when nobody alerted stands between them", () => {
    const lists = connectAlerts([alert("shop"), alert("search"), alert("database"), alert("index")], topology);
    expect(services(lists)).toEqual([["shop"], ["search", "index"], ["database"]]);
  });

  it("of one service belong together", () => {
    expect(connectAlerts([alert("shop"), alert("shop", "HighLatency")], topology)).toHaveLength(1);
  });

  it("are all kept, once, and no list is next to another", () => {
    const name = fc.integer({ min: 0, max: 15 }).map((i) => `s${i}`);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 20 }), fc.array(fc.record({ from: name, to: name })), (told, edges) => {
        const calls = joinTopology(edges, []);
        const lists = connectAlerts(
          told.map((s) => alert(s)),
          calls,
        );
        expect(services(lists).flat().toSorted()).toEqual(told.toSorted());
        for (const list of lists) {
          const own = new Set(list.map((a) => a.service));
          const others = new Set(lists.filter((l) => l !== list).flatMap((l) => l.map((a) => a.service)));
          const near = [...own].flatMap((s) => [s, ...calleesOf(calls, s), ...callersOf(calls, s)]);
          expect(near.filter((s) => others.has(s))).toEqual([]);
        }
      }),
    );
  });
});
