import type { CareError } from "../loop/signal/care-error.ts";
import type { Ask } from "../loop/decision/ask.ts";
import type { Collected } from "./collect.ts";
import { questionOf } from "./schema/policy-test.ts";

/** Runs the care repo's policy tests: a policy that answers otherwise than its owner wrote down does not become active. */
export function runPolicyTests(tests: Collected["policyTests"], ask: Ask): CareError[] {
  return tests.flatMap(({ source, document }) =>
    document.spec.cases.flatMap((test, i) => {
      const answer = ask(questionOf(test));
      const { allowed, policies } = test.expect;
      const decided = answer.policies.length > 0 ? answer.policies.join(", ") : "no policy";
      const because = [decided, ...answer.errors].join("; ");
      const wrongAnswer = answer.allowed !== allowed;
      const missing = (policies ?? []).filter((p) => !answer.policies.includes(p));
      if (!wrongAnswer && missing.length === 0) return [];
      const message = wrongAnswer
        ? `policy test \`${test.name}\`: the answer is ${answer.allowed ? "allowed" : "not allowed"} (${because})`
        : `policy test \`${test.name}\`: ${missing.map((m) => `\`${m}\``).join(", ")} did not decide (${because})`;
      return [
        source.error(["spec", "cases", i, "expect"], {
          message,
          expected: wrongAnswer ? (allowed ? "allowed" : "not allowed") : "these policies decide",
          fix: "correct the policy, or the test if the answer is right",
        }),
      ];
    }),
  );
}
