import { expect, test } from "vitest";
import type { Decision } from "../loop/decision/decision.ts";
import type { ApprovalRequest } from "../ports/store.ts";
import { letsGoOn } from "./lets-go-on.ts";
import type { RunContext, World } from "./world.ts";

const context = { runId: "inc-1-2", planDigest: "sha256:1" } as unknown as RunContext;
const given = (request?: Partial<ApprovalRequest>): World =>
  ({ store: { approvals: { get: () => Promise.resolve(request) } } }) as unknown as World;
const decided = (effect: Decision["effect"]): Decision => ({ effect }) as unknown as Decision;

test.each([
  ["what is allowed", "allow", undefined, true],
  ["what was allowed and has to be asked for by now", "ask", undefined, false],
  ["what is asked for and not answered", "ask", { state: "open", runId: "inc-1-2" }, false],
  ["what people approved for this run", "ask", { state: "consumed", runId: "inc-1-2" }, true],
  ["what people approved for an earlier run", "ask", { state: "consumed", runId: "inc-1-1" }, false],
  ["what is denied, whoever approved it", "deny", { state: "consumed", runId: "inc-1-2" }, false],
] as const)("%s acts only where it may", async (_what, effect, request, may) => {
  expect(await letsGoOn(given(request), context, decided(effect))).toBe(may);
});
