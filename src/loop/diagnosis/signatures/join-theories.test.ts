import { describe, expect, test } from "vitest";
import { evidence, type Theory } from "../theory.ts";
import { joinTheories } from "./join-theories.ts";

const theory = (cause: string, kinds: Record<string, number>, over: Partial<Theory> = {}): Theory => ({
  service: "cart",
  cause,
  evidenceFor: Object.entries(kinds).map(([kind, weight]) => evidence(kind, weight, `${kind} of ${weight}`)),
  evidenceAgainst: [],
  ...over,
});
const told = (signature: string): Pick<Theory, "explanations"> => ({
  explanations: [{ signature, version: "1.0.0", title: "", advice: "", missing: [] }],
});
const weights = (t: Theory | undefined) => Object.fromEntries(t?.evidenceFor.map((e) => [e.kind, e.weight]) ?? []);

describe("a cause that code and a signature name", () => {
  test("is one theory, in which the same observation counts once", () => {
    const coded = theory("crash-loop", { "instance-exits": 4.5 }, { instance: "cart-1" });
    const matched = theory("crash-loop", { "instance-exits": 2.5, "log-says": 1.5 }, told("crash-loop"));
    const joined = joinTheories([coded], [matched]);
    expect(joined).toHaveLength(1);
    expect(weights(joined[0])).toEqual({ "instance-exits": 4.5, "log-says": 1.5 });
    expect(joined[0]).toMatchObject({ instance: "cart-1", ...told("crash-loop") });
  });

  test("gains at most two nats by it: a text confirms, it does not decide", () => {
    const coded = theory("bad-release", { "change-before-onset": 1.8 });
    const [joined] = joinTheories([coded], [theory("bad-release", { "seen-together": 3, "alert-says": 2.5 })]);
    expect(weights(joined)).toEqual({ "change-before-onset": 1.8, "seen-together": 2 });
  });

  test("is two when they speak of different instances", () => {
    const coded = theory("crash-loop", { "instance-exits": 4.5 }, { instance: "cart-1" });
    const other = theory("crash-loop", { "exit-says": 3 }, { instance: "cart-2" });
    expect(joinTheories([coded], [other]).map((t) => t.instance)).toEqual(["cart-1", "cart-2"]);
  });
});

test("two signatures that name one cause make one theory", () => {
  const one = theory("overload", { "log-says": 2.4, "more-traffic": 1 }, told("traffic-surge"));
  const two = theory("overload", { "more-traffic": 1, "metric-says": 1.8 }, told("mine"));
  const joined = joinTheories([], [one, two]);
  expect(joined.map(weights)).toEqual([{ "log-says": 2.4, "metric-says": 1.8, "more-traffic": 1 }]);
  expect(joined[0]?.explanations?.map((e) => e.signature)).toEqual(["traffic-surge", "mine"]);
});

test("how a service fails right after it was changed does not take the blame from the change", () => {
  const matched = theory("dependency-down", { "log-says": 3 });
  const against = (coded: readonly Theory[]) =>
    joinTheories(coded, [matched])
      .filter((t) => t.cause === "dependency-down")
      .flatMap((t) => t.evidenceAgainst.map((e) => e.kind));
  expect(against([theory("bad-config", { "change-before-onset": 1.8 })])).toEqual(["may-follow-from-a-change"]);
  expect(against([theory("bad-release", { "version-skew": 2 })]), "no change to follow from").toEqual([]);
  expect(against([theory("crash-loop", { "instance-exits": 3 })])).toEqual([]);
});
