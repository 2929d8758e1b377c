import { describe, expect, test } from "vitest";
import { digestOf } from "../../kernel/digest.ts";
import { approvalState, mayAnswer, type AskedApproval } from "./approve.ts";
import type { PolicyQuestion } from "./ask.ts";
import type { ApprovalAnswer } from "./decision.ts";
import { askOf, givenPlan, noonMs } from "./given-decision.ts";

const plan = givenPlan();
const planDigest = digestOf(plan);
const ann = { kind: "person", name: "ann", roles: ["sre"] } as const;
const permits = askOf({ approve: { allowed: true, policies: ["approvers"] } });
const asked = (over: Partial<AskedApproval> = {}): AskedApproval => ({
  planDigest,
  wanted: { quorum: 1, roles: [], expiresInMs: 1_000 },
  expiresAtMs: noonMs + 1_000,
  state: "open",
  answers: [],
  ...over,
});
const yes = (by: string, over: Partial<ApprovalAnswer> = {}): ApprovalAnswer => ({
  answer: "approve",
  planDigest,
  by,
  roles: [],
  atMs: noonMs,
  ...over,
});

describe("who may answer", () => {
  test("a person whom policy permits; the answer is bound to the plan's digest", () => {
    expect(mayAnswer(asked(), ann, plan, permits, noonMs)).toEqual({
      ok: true,
      value: { answer: "approve", planDigest, by: "ann", roles: ["sre"], atMs: noonMs },
    });
  });

  test.each([
    [
      "another plan than was asked about",
      asked(),
      ann,
      givenPlan({ confidence: 0.91 }),
      {},
      "stale",
      "not the one that was asked about",
    ],
    ["after it expired, to the millisecond", asked({ expiresAtMs: noonMs }), ann, plan, {}, "stale", "expired"],
    ["what is consumed", asked({ state: "consumed" }), ann, plan, {}, "stale", "already consumed"],
    ["what is denied", asked({ answers: [yes("bob", { answer: "deny" })] }), ann, plan, {}, "stale", "already denied"],
    ["what is approved", asked({ answers: [yes("bob")] }), ann, plan, {}, "stale", "already approved"],
    ["a machine", asked(), { ...ann, kind: "machine" }, plan, {}, "denied", "is a machine"],
    [
      "the same person twice",
      asked({ wanted: { quorum: 2, roles: [], expiresInMs: 1 }, answers: [yes("Ann ")] }),
      ann,
      plan,
      {},
      "denied",
      "answered already",
    ],
    [
      "who made the change it is about",
      asked(),
      ann,
      plan,
      { involved: ["bob", "ANN"] },
      "denied",
      "another person has to approve",
    ],
    ["who asked for the run", asked(), ann, plan, { requestedBy: "ann" }, "denied", "another person has to approve"],
    [
      "without the role asked for",
      asked({ wanted: { quorum: 1, roles: ["lead"], expiresInMs: 1 } }),
      ann,
      plan,
      {},
      "denied",
      "none of the roles asked for: `lead`",
    ],
  ] as const)("not %s", (_, request, caller, given, options, code, message) => {
    const result = mayAnswer(request, caller, given, permits, noonMs, options);
    expect(result).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(message) } });
  });

  test("whoever asked for the run may still say no to it", () => {
    expect(mayAnswer(asked(), ann, plan, permits, noonMs, { answer: "deny", requestedBy: "ann" }).ok).toBe(true);
  });

  test.each([
    ["no policy permits", askOf({}), "no policy permits `ann`"],
    ["a policy forbids", askOf({ approve: { policies: ["no"] } }), "a policy forbids `ann`"],
    ["the policies err (I7)", askOf({ approve: { allowed: true, errors: ["overflow"] } }), "met errors"],
  ])("nobody when %s", (_, ask, message) => {
    expect(mayAnswer(asked(), ann, plan, ask, noonMs)).toMatchObject({
      ok: false,
      error: { code: "denied", message: expect.stringContaining(message) },
    });
  });

  test("policies see who asks, for which plan, and who requested it", () => {
    let seen: PolicyQuestion | undefined;
    mayAnswer(
      asked(),
      ann,
      plan,
      (question) => {
        seen = question;
        return permits(question);
      },
      noonMs,
      { requestedBy: "bob" },
    );
    expect(seen).toMatchObject({
      question: "approve",
      principal: { type: "Person", id: "ann", attributes: { roles: ["sre"] } },
      resource: {
        type: "Plan",
        id: planDigest,
        attributes: { environment: "staging", service: "cart", requestedBy: { type: "Person", id: "bob" } },
      },
      context: { answer: "approve", hour: 12, dayOfWeek: 3 },
    });
  });
});

describe("the state of a request", () => {
  const two = { quorum: 2, roles: [], expiresInMs: 1_000 };
  test.each([
    ["open without answers", asked(), "open"],
    ["approved by the quorum", asked({ wanted: two, answers: [yes("ann"), yes("bob")] }), "approved"],
    ["open under the quorum", asked({ wanted: two, answers: [yes("ann")] }), "open"],
    ["open when one person stands for two", asked({ wanted: two, answers: [yes("ann"), yes("ANN")] }), "open"],
    ["open when a yes was to another plan", asked({ answers: [yes("ann", { planDigest: "sha256:ff" })] }), "open"],
    ["open when a yes came too late", asked({ answers: [yes("ann", { atMs: noonMs + 1_000 })] }), "open"],
    ["denied by one no among many yes", asked({ answers: [yes("ann"), yes("bob", { answer: "deny" })] }), "denied"],
    ["expired, though it was approved and not used", asked({ answers: [yes("ann")], expiresAtMs: noonMs }), "expired"],
    ["open when it is stored as approved but has no answers", asked({ state: "approved" }), "open"],
    ["consumed for ever", asked({ state: "consumed", answers: [yes("ann")] }), "consumed"],
  ])("is %s", (_, request, state) => {
    expect(approvalState(request, noonMs)).toBe(state);
  });
});
