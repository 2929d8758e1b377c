import { expect, test } from "vitest";
import type { Finding } from "../detection/finding.ts";
import { anotherLook, healName, healsMax } from "./heal-again.ts";
import type { Incident } from "./incident.ts";

const escalatedAtMs = 100_000;
const incident = (over: Partial<Incident> = {}): Incident =>
  ({ id: "inc-1", state: "escalated", escalatedAtMs, ...over }) as unknown as Incident;
const group = (sinceMs: number, state: Finding["state"] = "firing") => ({
  environment: "demo",
  findings: [{ summary: "cart fails", sinceMs, state } as unknown as Finding],
  alerts: [],
  why: "",
});

test("what began well after people were called is worth another look", () => {
  expect(anotherLook(incident(), group(escalatedAtMs + 61_000))).toBe(
    "something new began after people were called: cart fails",
  );
});

test.each([
  ["what people were called for", incident(), group(escalatedAtMs - 5_000)],
  ["what spreads right after", incident(), group(escalatedAtMs + 30_000)],
  ["what cleared", incident(), group(escalatedAtMs + 61_000, "cleared")],
  ["an incident that is being healed", incident({ state: "diagnosing" }), group(escalatedAtMs + 61_000)],
  ["an incident that had all its heals", incident({ heals: healsMax }), group(escalatedAtMs + 61_000)],
])("people are not called again for %s", (_what, known, seen) => {
  expect(anotherLook(known, seen)).toBeUndefined();
});

test("no two heals of an incident share a name", () => {
  const names = [undefined, 2, 3].map((heals) => healName({ id: "inc-1", ...(heals ? { heals } : {}) }));
  expect(names).toEqual(["inc-1", "inc-1.2", "inc-1.3"]);
});
