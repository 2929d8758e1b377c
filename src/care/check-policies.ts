import type { CareError } from "../loop/signal/care-error.ts";
import type { Ask } from "../loop/decision/ask.ts";
import { runPolicyTests } from "../loop/decision/policy-test.ts";
import type { Collected } from "./collect.ts";

/** Runs the care repo's policy tests: a policy that answers otherwise than its owner wrote down does not become active. */
export function checkPolicies(tests: Collected["policyTests"], ask: Ask): CareError[] {
  return tests.flatMap(({ source, document }) =>
    runPolicyTests(document.spec.cases, ask).flatMap(({ name, failures }, i) =>
      failures.length === 0
        ? []
        : [
            source.error(["spec", "cases", i, "expect"], {
              message: `policy test \`${name}\` fails: ${failures.join("; ")}`,
              expected: "the answer the test names",
              fix: "correct the policy, or the test if the answer is right",
            }),
          ],
    ),
  );
}
