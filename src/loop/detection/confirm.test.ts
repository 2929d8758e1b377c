import { describe, expect, it } from "vitest";
import { confirm } from "./confirm.ts";
import type { Contribution, Finding } from "./finding.ts";

const t0 = 1_700_000_000_000;
const edges = [{ from: "gateway", to: "cart" }];

const finding = (service: string, dimension: Finding["dimension"], over: Partial<Finding> = {}): Finding => ({
  id: `${service}/${dimension}@shop`,
  service,
  environment: "shop",
  dimension,
  state: "firing",
  direction: "above",
  expected: null,
  observed: 1,
  unit: "",
  unusualness: 1,
  sinceMs: t0,
  atMs: t0 + 15_000,
  agreeing: [],
  telemetry: "sha256:00",
  summary: "",
  ...over,
});

const joint = (...parts: [Contribution["dimension"], Contribution["from"], number][]): Finding =>
  finding("cart", "joint", {
    contributions: parts.map(([dimension, from, share]) => ({ dimension, from, share, chance: 1e-4, text: "" })),
  });

const groups = (...firing: Finding[]) =>
  confirm(firing, edges, t0 + 60_000, 10_000).map((g) => g.findings.map((f) => f.id));

describe("what is worth an incident", () => {
  it.each<[string, Finding[], number]>([
    ["several dimensions judged together", [joint(["latency", "requests", 0.6], ["saturation", "metrics", 0.4])], 1],
    ["its metrics alone, however many kinds", [joint(["queue", "metrics", 0.5], ["saturation", "metrics", 0.5])], 0],
    [
      "what is told twice",
      [joint(["errors", "requests", 0.95], ["latency", "requests", 0.05]), finding("cart", "errors")],
      0,
    ],
    ["two dimensions of one service", [finding("cart", "errors"), finding("cart", "duration")], 1],
    ["neighbours", [finding("cart", "errors"), finding("gateway", "errors")], 1],
    [
      "a page and anything",
      [finding("cart", "burn-rate", { urgency: "page" }), finding("cart", "logs", { atMs: t0 })],
      1,
    ],
    ["silence here, failing calls there", [finding("cart", "absence"), finding("gateway", "errors")], 1],
    ["silence of several", [finding("cart", "absence"), finding("payment", "absence")], 1],
    ["one signal, however loud", [finding("cart", "errors", { observed: 1 })], 0],
    ["a page alone", [finding("cart", "burn-rate", { urgency: "page" })], 0],
    ["traffic of two services", [finding("cart", "rate"), finding("gateway", "rate")], 0],
    ["silence of one", [finding("cart", "absence")], 0],
    ["strangers", [finding("cart", "errors"), finding("payment", "errors")], 0],
    ["begun at other times", [finding("cart", "errors"), finding("gateway", "errors", { sinceMs: t0 - 600_000 })], 0],
    [
      "a second signal that was over at once",
      [finding("cart", "errors"), finding("gateway", "errors", { atMs: t0 + 10_000 })],
      0,
    ],
    ["other environments", [finding("cart", "errors"), finding("gateway", "errors", { environment: "test" })], 0],
    ["what cleared", [finding("cart", "errors"), finding("gateway", "errors", { state: "cleared" })], 0],
  ])("%s", (_, firing, expected) => {
    expect(groups(...firing)).toHaveLength(expected);
  });

  it("keeps apart what has nothing to do with each other", () => {
    const firing = ["cart", "payment"].flatMap((s) => [finding(s, "errors"), finding(s, "duration")]);
    expect(groups(...firing).map((ids) => ids.length)).toEqual([2, 2]);
  });

  it("joins what hangs together over several edges, callees without telemetry too", () => {
    const calls = finding("cart", "errors", { id: "cart>store/errors@shop", edge: { from: "cart", to: "store" } });
    expect(groups(finding("gateway", "errors"), calls)).toEqual([["gateway/errors@shop", "cart>store/errors@shop"]]);
  });
});
