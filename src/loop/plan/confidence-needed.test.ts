import { expect, test } from "vitest";
import { confidenceNeeded } from "./confidence-needed.ts";

const medium = { confidenceMin: 0.6, risk: "medium" } as const;

test("an unsure place needs the runbook's whole confidence", () => {
  expect(confidenceNeeded(medium, {})).toBe(0.6);
  expect(confidenceNeeded(medium, { placeConfidence: 0.8 })).toBe(0.6);
});

test("a sure place lets its remedies be tried one after another", () => {
  expect(confidenceNeeded(medium, { placeConfidence: 0.98 })).toBe(0.3);
});

test("what is of high risk is never tried on half the confidence", () => {
  expect(confidenceNeeded({ confidenceMin: 0.8, risk: "high" }, { placeConfidence: 0.99 })).toBe(0.8);
});

test("a runbook that wants to be surer than that gets no discount", () => {
  expect(confidenceNeeded({ confidenceMin: 0.95, risk: "low" }, { placeConfidence: 0.9 })).toBe(0.95);
});
