import { expect, test } from "vitest";
import type { Finding } from "../detection/finding.ts";
import { anotherLook, healName, healsMax } from "./heal-again.ts";
import type { Incident } from "./incident.ts";

const escalatedAtMs = 100_000;
const incident = (over: Partial<Incident> = {}): Incident =>
  ({ id: "inc-1", state: "escalated", escalatedAtMs, escalatedWith: ["known"], ...over }) as unknown as Incident;
const group = (id: string, sinceMs: number, state: Finding["state"] = "firing") => ({
  environment: "demo",
  findings: [{ id, summary: "cart fails", sinceMs, state } as unknown as Finding],
  alerts: [],
  why: "",
});

test.each([
  ["what did not fire when people were called, however far back it began", group("new", escalatedAtMs - 5_000)],
  ["what cleared meanwhile and began anew", group("known", escalatedAtMs + 1)],
])("%s is worth another look", (_what, seen) => {
  expect(anotherLook(incident(), seen)).toBe("something new began after people were called: cart fails");
});

test.each([
  ["what people were called for", incident(), group("known", escalatedAtMs - 5_000)],
  ["what cleared", incident(), group("new", escalatedAtMs + 61_000, "cleared")],
  ["an incident that is being healed", incident({ state: "diagnosing" }), group("new", escalatedAtMs + 61_000)],
  ["an incident that had all its heals", incident({ heals: healsMax }), group("new", escalatedAtMs + 61_000)],
])("people are not called again for %s", (_what, known, seen) => {
  expect(anotherLook(known, seen)).toBeUndefined();
});

test("no two heals of an incident share a name", () => {
  const names = [undefined, 2, 3].map((heals) => healName({ id: "inc-1", ...(heals ? { heals } : {}) }));
  expect(names).toEqual(["inc-1", "inc-1.2", "inc-1.3"]);
});
