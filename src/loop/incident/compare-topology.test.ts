import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareTopology, type Sources } from "./compare-topology.ts";
import { joinTopology, learnedForMs } from "./topology.ts";

const nowMs = 1_790_000_000_000;
const hourMs = 3_600_000;

interface Given {
  /** Who is declared to call whom, in `prod`. */
  readonly calls?: Readonly<Record<string, readonly string[]>>;
  readonly silent?: readonly string[];
  readonly learned?: readonly (readonly [from: string, to: string])[];
  readonly heard?: Readonly<Record<string, number>>;
  readonly traced?: readonly string[];
  readonly elsewhere?: Pick<Sources, "declared" | "heard">;
  readonly sinceMs?: number;
}

function compare({ calls = {}, silent = [], learned = [], heard = {}, traced = [], elsewhere, sinceMs }: Given) {
  const environment = "prod";
  const own = Object.entries(calls).map(([name, dependsOn]) => {
    return { name, environment, telemetryName: name, dependsOn, emitsTelemetry: !silent.includes(name) };
  });
  const declared = own.flatMap(({ name, dependsOn }) => dependsOn.map((to) => ({ from: name, to })));
  const edges = learned.map(([from, to]) => ({ from, to }));
  return compareTopology({
    environment,
    declared: [...own, ...(elsewhere?.declared ?? [])],
    topology: joinTopology(declared, edges),
    heard: [
      ...Object.entries(heard).map(([service, agoMs]) => ({ service, environment, lastMs: nowMs - agoMs })),
      ...(elsewhere?.heard ?? []),
    ],
    traced: traced.map((service) => ({ service, environment })),
    nowMs,
    sinceMs: sinceMs ?? nowMs - 48 * hourMs,
  });
}

test("what is declared and learned alike is no difference", () => {
  const found = compare({
    calls: { gateway: ["cart"], cart: ["store"], store: [] },
    silent: ["store"],
    learned: [
      ["gateway", "cart"],
      ["cart", "store"],
    ],
    heard: { gateway: 5_000, cart: 5_000 },
  });
  expect(found.calls).toEqual([
    { from: "cart", to: "store", source: "both", isSeen: true },
    { from: "gateway", to: "cart", source: "both", isSeen: true },
  ]);
  expect(found.services.map((s) => [s.name, s.isDeclared, s.isHeard])).toEqual([
    ["cart", true, true],
    ["gateway", true, true],
    ["store", true, false],
  ]);
  expect(found).toMatchObject({ undeclaredCalls: [], unseenCalls: [], undeclaredServices: [], unheardServices: [] });
});

describe("calls", () => {
  test("that are seen and not declared are told, with whether their callee is declared anywhere", () => {
    const learned = [
      ["cart", "store"],
      ["cart", "mail"],
      ["cart", "shared"],
    ] as const;
    const shared = { name: "shared", environment: "all", telemetryName: "shared", dependsOn: [], emitsTelemetry: true };
    const elsewhere = { declared: [shared], heard: [] };
    const { undeclaredCalls } = compare({ calls: { cart: [], store: [] }, silent: ["store"], learned, elsewhere });
    expect(undeclaredCalls).toEqual([
      { from: "cart", to: "mail", isCalleeDeclared: false },
      { from: "cart", to: "shared", isCalleeDeclared: true },
      { from: "cart", to: "store", isCalleeDeclared: true },
    ]);
  });

  test("that are declared and not seen are told of a caller that sends traces", () => {
    const calls = { cart: ["store", "mail"], store: [], mail: [] };
    const bySpans = compare({ calls, silent: ["store", "mail"], traced: ["cart"], heard: { cart: 5_000 } });
    expect(bySpans.unseenCalls.map((c) => c.to)).toEqual(["mail", "store"]);
    const byCalls = compare({ calls, silent: ["store", "mail"], learned: [["cart", "mail"]] });
    expect(byCalls.unseenCalls).toEqual([{ from: "cart", to: "store", forMs: learnedForMs }]);
  });

  test.each([
    ["is not heard", {}],
    ["sends metrics or logs alone", { heard: { cart: 5_000 } }],
    ["sends none by what is declared", { silent: ["cart"], traced: ["cart"] }],
  ])("of a caller that %s are unknown, which is not the same as absent", (_what, given) => {
    const found = compare({ calls: { cart: ["store"], store: [] }, ...given });
    expect(found.calls).toEqual([{ from: "cart", to: "store", source: "declared", isSeen: null }]);
    expect(found.unseenCalls).toEqual([]);
  });

  test("are not said to be missing for longer than was listened", () => {
    const given = { calls: { cart: ["store"], store: [] }, traced: ["cart"], sinceMs: nowMs - 90_000 };
    expect(compare(given).unseenCalls).toEqual([{ from: "cart", to: "store", forMs: 90_000 }]);
    expect(compare(given).unheardServices[0]?.forMs).toBe(90_000);
  });
});

describe("services", () => {
  test("that send telemetry and are not declared are told with whom they call, also where only their calls were seen", () => {
    const found = compare({
      calls: { cart: [] },
      learned: [
        ["ghost", "cart"],
        ["ghost", "mail"],
      ],
      heard: { cart: 5_000, other: 10_000, old: 2 * hourMs },
    });
    expect(found.undeclaredServices).toEqual([
      { name: "ghost", calls: ["cart", "mail"], declaredIn: [] },
      { name: "other", calls: [], declaredIn: [] },
    ]);
    expect(found.undeclaredCalls).toEqual([]);
  });

  test("that are declared and not heard are told with when they last were", () => {
    const { unheardServices } = compare({
      calls: { cart: [], mail: [], store: [], web: [] },
      silent: ["store"],
      heard: { cart: 2 * hourMs, web: 5_000 },
    });
    expect(unheardServices).toEqual([
      { name: "cart", telemetryName: "cart", lastHeardMs: nowMs - 2 * hourMs, forMs: 24 * hourMs, heardIn: [] },
      { name: "mail", telemetryName: "mail", lastHeardMs: null, forMs: 24 * hourMs, heardIn: [] },
    ]);
  });

  test("whose telemetry names another environment are found there, unless it is somebody's own", () => {
    const environment = "stage";
    const mail = { name: "mail", environment, telemetryName: "mail-api", dependsOn: [], emitsTelemetry: true };
    const heard = ["cart", "mail"].map((service) => ({ service, environment, lastMs: nowMs }));
    const found = compare({
      calls: { cart: [], mail: [] },
      heard: { "mail-api": 5_000 },
      elsewhere: { declared: [mail], heard },
    });
    expect(found.unheardServices).toMatchObject([
      { name: "cart", heardIn: ["stage"] },
      { name: "mail", heardIn: [] },
    ]);
    expect(found.undeclaredServices).toEqual([{ name: "mail-api", calls: [], declaredIn: ["stage"] }]);
  });
});

const name = fc.constantFrom("a", "b", "c", "d", "__proto__", "constructor");
const edge = fc.tuple(name, name);
const anything = fc.record({
  calls: fc.array(fc.tuple(name, fc.array(name)), { maxLength: 4 }).map((all) => new Map(all)),
  silent: fc.uniqueArray(name),
  learned: fc.array(edge),
  heard: fc.array(fc.tuple(name, fc.integer({ min: 0, max: 24 * hourMs }))),
  traced: fc.uniqueArray(name),
});

test("whatever is declared and learned, each call is declared, learned or both, and a difference exactly where it is known to be one", () => {
  fc.assert(
    fc.property(anything, ({ calls, heard, ...rest }) => {
      const found = compare({ ...rest, calls: Object.fromEntries(calls), heard: Object.fromEntries(heard) });
      const told = new Set<string>([...rest.traced, ...rest.learned.map(([from]) => from)]);
      const key = (c: { readonly from: string; readonly to: string }) => `${c.from} ${c.to}`;
      const declared = new Set([...calls].flatMap(([from, callees]) => callees.map((to) => `${from} ${to}`)));
      const learned = new Set(rest.learned.map((e) => e.join(" ")));
      expect(new Set(found.calls.map(key))).toEqual(new Set([...declared, ...learned]));
      const bySomebodyDeclared = rest.learned.filter(([from]) => calls.has(from)).map((e) => e.join(" "));
      const undeclared = new Set(bySomebodyDeclared.filter((k) => !declared.has(k)));
      expect(new Set(found.undeclaredCalls.map(key))).toEqual(undeclared);
      const couldBeSeen = (from: string) => told.has(from) && !rest.silent.some((s) => s === from);
      const missing = [...calls]
        .filter(([from]) => couldBeSeen(from))
        .flatMap(([f, all]) => all.map((to) => `${f} ${to}`));
      expect(new Set(found.unseenCalls.map(key))).toEqual(new Set(missing.filter((k) => !learned.has(k))));
    }),
  );
});

test("declaring all that was learned leaves no difference but silence", () => {
  fc.assert(
    fc.property(fc.array(edge), (learned) => {
      const names = [...new Set(learned.flat())];
      const calls = Object.fromEntries(
        names.map((n) => [n, learned.filter(([f]) => f === n).map(([, to]) => to)] as const),
      );
      const found = compare({ calls, learned });
      expect([found.undeclaredCalls, found.unseenCalls, found.undeclaredServices]).toEqual([[], [], []]);
    }),
  );
});
