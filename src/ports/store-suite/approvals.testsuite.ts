import { beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../kernel/digest.ts";
import type { ApprovalRequest, Store } from "../store.ts";
import { requestFor, answerOf } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function approvalsSuite(opened: () => StoreUnderTest): void {
  describe("approvals", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });
    const asked = async (over: Partial<ApprovalRequest> = {}): Promise<ApprovalRequest> => {
      const request = requestFor(over);
      await store.approvals.request(request);
      return request;
    };
    const approved = async (): Promise<ApprovalRequest> => {
      const request = await asked({ wanted: { quorum: 1, roles: [], expiresInMs: 100 } });
      await store.approvals.answer(answerOf(request.planDigest, "ann"));
      return request;
    };
    it("take one answer a person, and are approved by as many as are wanted", async () => {
      const request = await asked();
      const { planDigest } = request;
      expect(await store.approvals.get(planDigest)).toEqual(request);
      const ann = answerOf(planDigest, "ann");
      expect(await store.approvals.answer(ann)).toEqual({ ...request, answers: [ann] });
      expect((await store.approvals.answer({ ...ann, answer: "deny" }))?.answers).toEqual([ann]);
      const bob = answerOf(planDigest, "bob");
      expect(await store.approvals.answer(bob)).toMatchObject({ state: "approved", answers: [ann, bob] });
      expect(await store.approvals.answer(answerOf(planDigest, "eve"))).toBeUndefined();
      expect(await store.approvals.answer(answerOf(digestOf("unknown"), "ann"))).toBeUndefined();
    });

    it("count one person once, however many answers come at once", async () => {
      const { planDigest } = await asked();
      await Promise.all(Array.from({ length: 8 }, () => store.approvals.answer(answerOf(planDigest, "ann"))));
      expect(await store.approvals.get(planDigest)).toMatchObject({ state: "open", answers: [{ by: "ann" }] });
    });

    it("are denied by one no, and take no answer once they expired", async () => {
      const denied = await asked();
      const no = answerOf(denied.planDigest, "ann", "deny");
      expect(await store.approvals.answer(no)).toMatchObject({ state: "denied", answers: [no] });
      expect(await store.approvals.answer(answerOf(denied.planDigest, "bob"))).toBeUndefined();
      const late = await asked();
      expect(await store.approvals.answer(answerOf(late.planDigest, "ann", "approve", 100))).toBeUndefined();
    });

    it("are used once, by their own run, as often as that run replays", async () => {
      const { planDigest } = await approved();
      expect(await store.approvals.consume(planDigest, "run-b", 2)).toBe(false);
      const tries = await Promise.all([1, 2, 3].map(() => store.approvals.consume(planDigest, "run-a", 2)));
      expect(tries).toEqual([true, true, true]);
      expect(await store.approvals.consume(planDigest, "run-a", 1_000)).toBe(true);
      expect(await store.approvals.consume(planDigest, "run-b", 2)).toBe(false);
      expect((await store.approvals.get(planDigest))?.state).toBe("consumed");
    });

    it("cannot be used while open, once denied, or too late", async () => {
      const open = await asked();
      expect(await store.approvals.consume(open.planDigest, "run-a", 2)).toBe(false);
      await store.approvals.answer(answerOf(open.planDigest, "ann", "deny"));
      await store.approvals.setState(open.planDigest, "run-a", "approved");
      expect(await store.approvals.consume(open.planDigest, "run-a", 2)).toBe(false);
      const late = await approved();
      expect(await store.approvals.consume(late.planDigest, "run-a", 100)).toBe(false);
    });

    it("keep their answers when the same run asks again, and start anew for another run", async () => {
      const request = await approved();
      await store.approvals.request(request);
      expect((await store.approvals.get(request.planDigest))?.answers).toHaveLength(1);
      await store.approvals.request({ ...request, runId: "run-b", requestedAtMs: 50 });
      expect(await store.approvals.get(request.planDigest)).toEqual({
        ...request,
        runId: "run-b",
        requestedAtMs: 50,
      });
      expect(await store.approvals.consume(request.planDigest, "run-a", 60)).toBe(false);
      expect(await store.approvals.consume(request.planDigest, "run-b", 60)).toBe(false);
      await store.approvals.setState(request.planDigest, "run-a", "expired");
      expect((await store.approvals.get(request.planDigest))?.state).toBe("open");
    });

    it("are listed while open", async () => {
      const [first, second] = [await asked(), await asked({ requestedAtMs: 1 })];
      await store.approvals.setState(first.planDigest, first.runId, "expired");
      const open = (await store.approvals.open()).map((r) => r.planDigest);
      expect(open).toContain(second.planDigest);
      expect(open).not.toContain(first.planDigest);
    });
  });
}
