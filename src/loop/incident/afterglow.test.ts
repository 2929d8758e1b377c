import { describe, expect, test } from "vitest";
import type { Finding } from "../detection/finding.ts";
import { attended, withoutAfterglow } from "./afterglow.ts";
import { absorb, openIncident, type Group } from "./correlate.ts";
import { givenAlert, groupOf } from "./given-alert.testsuite.ts";
import { givenFinding } from "./given-finding.testsuite.ts";
import type { Incident } from "./incident.ts";

const finding = (service: string, over: Partial<Finding> = {}): Finding =>
  givenFinding(service, { id: `${service}/errors`, environment: "production", ...over });
const found = (...findings: readonly Finding[]): Group => ({ ...groupOf(), findings });
const ended = (group: Group, over: Partial<Incident>): Incident => ({
  ...openIncident(group, [], 10_000),
  endedAtMs: 60_000,
  ...over,
});

describe("what a person closed", () => {
  const closed = ended({ ...found(finding("cart")), alerts: [givenAlert("cart")] }, { state: "closed" });

  test("does not open again while it goes on firing, however long", () => {
    expect(attended(found(finding("cart", { atMs: 10 ** 12 })), [closed])).toBe(true);
    expect(attended(groupOf(givenAlert("cart")), [closed])).toBe(true);
  });

  test("opens again once it cleared and fires anew", () => {
    expect(attended(found(finding("cart", { sinceMs: 60_001 })), [closed])).toBe(false);
    expect(attended(groupOf(givenAlert("cart", { startsAtMs: 60_001 })), [closed])).toBe(false);
    const clearedBefore = { ...closed, findings: [finding("cart", { state: "cleared" })] };
    expect(attended(found(finding("cart")), [clearedBefore])).toBe(false);
  });

  test("opens again with something that it did not know beside it", () => {
    expect(attended(found(finding("cart"), finding("shop")), [closed])).toBe(false);
    expect(attended(groupOf(givenAlert("cart"), givenAlert("cart", { name: "Other" })), [closed])).toBe(false);
  });

  test("in one environment says nothing of another, and one that only ended keeps nothing from opening", () => {
    expect(attended({ ...found(finding("cart")), environment: "staging" }, [closed])).toBe(false);
    expect(attended(found(finding("cart")), [{ ...closed, state: "resolved" }])).toBe(false);
    expect(attended(found(finding("cart")), [])).toBe(false);
  });

  test("does not open again for the part of a storm that was too large to be kept", () => {
    const many = Array.from({ length: 300 }, (_, i) => givenAlert(`s${i}`));
    const storm = { ...ended(groupOf(...many), { state: "closed" }) };
    expect(storm.alerts).toHaveLength(200);
    expect(attended(groupOf(givenAlert("s299")), [storm])).toBe(true);
    expect(attended(groupOf(givenAlert("s300")), [storm])).toBe(false);
  });
});

test("what was merged into another is not kept from it", () => {
  const over = { state: "stood-down", mergedInto: "inc-other" } as const;
  const merged = ended(found(finding("cart")), over);
  const group = found(finding("cart"));
  expect(withoutAfterglow(group, [merged], 70_000)).toEqual(group);
  const { mergedInto: _, ...stoodDown } = merged;
  expect(withoutAfterglow(group, [stoodDown], 70_000).findings).toEqual([]);
});

test("a storm's timeline says how many lines it does not have, and still has every state", () => {
  let incident = openIncident(groupOf(givenAlert("cart")), [], 0);
  for (let i = 0; i < 500; i++) incident = absorb(incident, groupOf(givenAlert(`s${i}`)), [], i);
  expect(incident.timeline.at(-1)?.text).toBe("the timeline is full: 102 more lines are in the audit log only");
  expect(incident.notKept).toEqual({ findings: 0, alerts: 301, changes: 0, lines: 102 });
});
