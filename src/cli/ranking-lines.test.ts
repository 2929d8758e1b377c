import { expect, test } from "vitest";
import { rankingLines } from "./ranking-lines.ts";

const told = (text: string) => ({ kind: "k", weight: 1, text, refs: [] });

test("tells places with evidence for and against, and which instance stands out", () => {
  const cart = {
    service: "cart",
    confidence: 0.93,
    dimension: "errors",
    instance: { name: "cart-2", confidence: 0.8 },
    evidenceFor: [told("errors: 90 more of 300 requests than usual failed by its own doing")],
    evidenceAgainst: [told("its logs are as usual")],
  };
  expect(rankingLines({ places: [cart], nothingConfidence: 0.02, isCredible: true, missing: ["no traces"] })).toEqual([
    "  0.93  cart (errors), its instance cart-2 (80%)",
    "        + errors: 90 more of 300 requests than usual failed by its own doing",
    "        - its logs are as usual",
    "  not there to look at: no traces",
  ]);
});

test("says when nothing is credible", () =>
  expect(rankingLines({ places: [], nothingConfidence: 0.97, isCredible: false, missing: [] })).toEqual([
    "  nothing credible: with 97% it is none of the places looked at",
  ]));
