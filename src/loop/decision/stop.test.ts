import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { StopScope } from "./decision.ts";
import { formatStopScope, parseStopScope, stopped } from "./stop.ts";

const subject = { environment: "prod", service: "cart", runbook: "flag-off", incidentId: "inc-7" };
const entry = (scope: StopScope) => ({ scope, by: "ann", reason: "because", atMs: 0 });

test.each([
  ["all", ""],
  ["environment", "prod"],
  ["service", "cart"],
  ["runbook", "flag-off"],
  ["incident", "inc-7"],
] as const)("a stop of %s covers it", (kind, value) => {
  expect(stopped({ known: true, entries: [entry({ kind, value })] }, subject)).toHaveLength(1);
});

test("stops of others do not cover it; every one that does is named", () => {
  const scopes: StopScope[] = [
    { kind: "environment", value: "staging" },
    { kind: "service", value: "Cart" },
    { kind: "runbook", value: "" },
    { kind: "incident", value: "inc-8" },
  ];
  expect(stopped({ known: true, entries: scopes.map(entry) }, subject)).toEqual([]);
  const covering: StopScope[] = [
    { kind: "all", value: "" },
    { kind: "service", value: "cart" },
  ];
  expect(stopped({ known: true, entries: covering.map(entry) }, subject).map((reason) => reason.name)).toEqual([
    "all",
    "service/cart",
  ]);
});

test("what cannot be read or understood stops everything (I7, I8)", () => {
  expect(stopped({ known: false, why: "no database" }, subject)).toHaveLength(1);
  const unheardOf: StopScope = JSON.parse('{"kind":"planet","value":"earth"}');
  expect(stopped({ known: true, entries: [entry(unheardOf)] }, subject)).toHaveLength(1);
});

test.each([
  "",
  "cart",
  "planet/earth",
  "service/",
  "service/a b",
  "service/a/b",
  "service/\u0000",
  `service/${"x".repeat(201)}`,
  "all/x",
  "/x",
])("refuses scope `%s`", (text) => {
  expect(parseStopScope(text).ok).toBe(false);
});

test("a formatted scope parses to itself", () => {
  const scope = fc.oneof(
    fc.constant<StopScope>({ kind: "all", value: "" }),
    fc.record({
      kind: fc.constantFrom("environment" as const, "service" as const, "runbook" as const, "incident" as const),
      value: fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/),
    }),
  );
  fc.assert(
    fc.property(scope, (given) => {
      expect(parseStopScope(formatStopScope(given))).toEqual({ ok: true, value: given });
    }),
  );
  expect(parseStopScope("*")).toEqual({ ok: true, value: { kind: "all", value: "" } });
});
