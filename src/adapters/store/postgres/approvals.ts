import type { Digest } from "../../../kernel/digest.ts";
import type { ApprovalAnswer } from "../../../loop/decision/decision.ts";
import type { ApprovalRequest, ApprovalStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, transaction, write, type Db } from "./database.ts";

export const approvalStore = (db: Db): ApprovalStore => ({
  async request(request) {
    const { answers: _none, ...document } = request;
    await changed(
      db,
      sql`insert into approvals (plan_digest, incident_id, run_id, state, expires_at_ms, document)
        values (${request.planDigest}, ${request.incidentId}, ${request.runId}, ${request.state}, ${request.expiresAtMs}, ${write(document)}) on conflict do nothing`,
    );
  },
  answer: (answer) =>
    transaction(db, async (tx) => {
      const [open] = await rows<{ state: string }>(
        tx,
        sql`select state from approvals where plan_digest = ${answer.planDigest} for update`,
      );
      if (open?.state !== "open") return undefined;
      await changed(
        tx,
        sql`insert into approval_answers (plan_digest, person, document) values (${answer.planDigest}, ${answer.by}, ${write(answer)}) on conflict do nothing`,
      );
      return find(tx, answer.planDigest);
    }),
  get: (digest) => find(db, digest),
  async open() {
    const found = await rows<{ plan_digest: Digest }>(
      db,
      sql`select plan_digest from approvals where state = 'open' order by plan_digest limit 500`,
    );
    return (await Promise.all(found.map((r) => find(db, r.plan_digest)))).filter((r) => r !== undefined);
  },
  async setState(digest, runId, state) {
    await changed(
      db,
      sql`update approvals set state = ${state} where plan_digest = ${digest} and run_id = ${runId} and state <> 'consumed'`,
    );
  },
  async consume(digest, runId, nowMs) {
    const used = await changed(
      db,
      sql`update approvals set state = 'consumed', consumed_by = ${runId}
        where plan_digest = ${digest} and run_id = ${runId}
          and ((state = 'approved' and expires_at_ms > ${nowMs}) or (state = 'consumed' and consumed_by = ${runId}))`,
    );
    return used === 1;
  },
});

async function find(db: Db, digest: Digest): Promise<ApprovalRequest | undefined> {
  const [row] = await rows<{ document: string; state: ApprovalRequest["state"] }>(
    db,
    sql`select document, state from approvals where plan_digest = ${digest}`,
  );
  if (!row) return undefined;
  const answers = await rows<{ document: string }>(
    db,
    sql`select document from approval_answers where plan_digest = ${digest} order by seq`,
  );
  return {
    ...read<Omit<ApprovalRequest, "answers">>(row.document),
    state: row.state,
    answers: answers.map((a) => read<ApprovalAnswer>(a.document)),
  };
}
