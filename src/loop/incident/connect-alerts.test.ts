import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlertSignal } from "../signal/signal.ts";
import { connectAlerts } from "./connect-alerts.ts";
import { givenAlert as alert } from "./given-alert.testsuite.ts";
import { togetherMs } from "./near.ts";
import { callersOf, calleesOf, joinTopology } from "./topology.ts";

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

  it("are one list when the one between is not alerted, if they began together", () => {
    const together = connectAlerts([alert("shop"), alert("search"), alert("database"), alert("index")], topology);
    expect(services(together)).toEqual([
      ["shop", "database"],
      ["search", "index"],
    ]);
    const later = alert("database", { startsAtMs: togetherMs + 1 });
    expect(services(connectAlerts([alert("shop"), later], topology))).toEqual([["shop"], ["database"]]);
  });

  it("stay apart when more than one stands between", () => {
    const chain = joinTopology(
      [
        { from: "a", to: "b" },
        { from: "b", to: "c" },
        { from: "c", to: "d" },
      ],
      [],
    );
    expect(connectAlerts([alert("a"), alert("d")], chain)).toHaveLength(2);
  });

  it("do not glue the fleet together by what many share and what is well itself", () => {
    const callers = Array.from({ length: 12 }, (_, i) => `s${i}`);
    const shared = joinTopology(
      [
        ...callers.flatMap((from) => [
          { from, to: "database" },
          { from: "gateway", to: from },
          { from, to: "bus" },
        ]),
        ...["billing", "mail", "search", "stock", "tax", "print"].map((to) => ({ from: "bus", to })),
        { from: "web", to: "gateway" },
      ],
      [],
    );
    const apart = (...names: string[]): number =>
      connectAlerts(
        names.map((n) => alert(n)),
        shared,
      ).length;
    expect(apart("s0", "s1", "s2")).toBe(3);
    expect(apart("s0", "s1", "billing")).toBe(3);
    expect(apart("web", "s0", "s1")).toBe(3);
    expect(apart("s0", "s1", "s2", "database")).toBe(1);
    expect(apart("web", "s0", "s1", "gateway")).toBe(1);
  });

  it("of one service belong together", () => {
    expect(connectAlerts([alert("shop"), alert("shop", { name: "HighLatency" })], topology)).toHaveLength(1);
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
