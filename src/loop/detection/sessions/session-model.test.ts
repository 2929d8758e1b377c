import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSessionModel, type LineCounts, type SessionModel, type SessionVerdict } from "./session-model.ts";

const usual: LineCounts = new Map([
  ["received", 3],
  ["stored", 3],
]);

/** Judges one session after the other, each by those before it. */
function next(model: SessionModel, counts: LineCounts): SessionVerdict {
  const verdict = model.judge(counts);
  model.learn(counts);
  return verdict;
}

/** A model that saw many sessions as usual, some with a check. */
function trained(sessions = 1_000) {
  const model = createSessionModel();
  for (let i = 0; i < sessions; i++) model.learn(i % 10 === 0 ? new Map([...usual, ["checked", 1]]) : usual);
  return model;
}

describe("sessions", () => {
  it("are as usual when each kind of line comes as often as usual, or almost", () => {
    const model = trained();
    expect(model.judge(usual)).toEqual({ surprise: 0, isAnomalous: false, deviations: [] });
    expect(model.judge(new Map([...usual, ["checked", 1]])).isAnomalous).toBe(false);
  });

  it("are anomalous when lines are missing, and say which", () => {
    const verdict = trained().judge(new Map([["received", 1]]));
    expect(verdict.isAnomalous).toBe(true);
    expect(verdict.deviations.map(({ kind, count, usualCount }) => [kind, count, usualCount])).toEqual([
      ["received", 1, 3],
      ["stored", 0, 3],
    ]);
  });

  it("are anomalous when a line comes that never came", () => {
    expect(trained().judge(new Map([...usual, ["failed", 1]]))).toMatchObject({
      isAnomalous: true,
      deviations: [{ kind: "failed", count: 1, usualCount: 0 }],
    });
  });

  it("become usual when they go on", () => {
    const model = trained();
    const other = new Map([["received", 1]]);
    for (let i = 0; i < 100; i++) model.learn(other);
    expect(model.judge(other).isAnomalous).toBe(false);
  });

  it("are not missed in what a template is that became part of another", () => {
    const model = trained();
    model.forget("stored");
    expect(model.judge(new Map([["received", 3]])).isAnomalous).toBe(false);
  });

  it("are judged by nothing that comes later", () => {
    const session = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 100 }));
    const judged = (sessions: Record<string, number>[]) => {
      const model = createSessionModel();
      return sessions.map((s) => next(model, new Map(Object.entries(s))).surprise);
    };
    fc.assert(
      fc.property(fc.array(session), fc.array(session), (before, after) => {
        expect(judged([...before, ...after]).slice(0, before.length)).toEqual(judged(before));
      }),
    );
  });

  it("of ever new kinds of lines are bounded and counted (I11)", () => {
    const model = createSessionModel();
    for (let i = 0; i < 700; i++) model.learn(new Map([[`kind ${i}`, 1]]));
    expect(model.refused()).toBe(200);
  });
});
