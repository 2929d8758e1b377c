import { approvalState } from "../../../loop/decision/approve.ts";
import type { ApprovalRequest, ApprovalStore } from "../../../ports/store.ts";
import { keep } from "./keep.ts";

const openMax = 500;

export function memoryApprovals(): ApprovalStore {
  const requests = new Map<string, ApprovalRequest>();
  const consumers = new Map<string, string>();
  return {
    async request(request) {
      // A replay of the same run must not lose answers; another run asks anew, and answers to the earlier one do not count.
      if (requests.get(request.planDigest)?.runId === request.runId) return;
      requests.set(request.planDigest, { ...keep(request), answers: [] });
      consumers.delete(request.planDigest);
    },
    async answer(answer) {
      const request = requests.get(answer.planDigest);
      if (request?.state !== "open" || answer.atMs >= request.expiresAtMs) return undefined;
      const known = request.answers.some((given) => given.by === answer.by);
      const answered = known ? request : { ...request, answers: [...request.answers, keep(answer)] };
      const now = { ...answered, state: approvalState(answered, answer.atMs) };
      requests.set(answer.planDigest, now);
      return now;
    },
    get: async (digest) => requests.get(digest),
    async open() {
      const open = [...requests.values()].filter((request) => request.state === "open");
      return open.toSorted((a, b) => b.requestedAtMs - a.requestedAtMs).slice(0, openMax);
    },
    async setState(digest, runId, state) {
      const request = requests.get(digest);
      if (request?.runId !== runId || (request.state !== "open" && request.state !== "approved")) return;
      requests.set(digest, { ...request, state });
    },
    async consume(digest, runId, nowMs) {
      const request = requests.get(digest);
      if (request?.runId !== runId) return false;
      if (request.state === "consumed") return consumers.get(digest) === runId;
      if (request.state !== "approved" || nowMs >= request.expiresAtMs) return false;
      requests.set(digest, { ...request, state: "consumed" });
      consumers.set(digest, runId);
      return true;
    },
  };
}
