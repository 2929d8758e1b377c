import type { Digest } from "../../../kernel/digest.ts";
import { approvalState } from "../../../loop/decision/approve.ts";
import type { ApprovalAnswer } from "../../../loop/decision/decision.ts";
import type { ApprovalRequest, ApprovalStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, transaction, write, type Db } from "./database.ts";

const openMax = 500;

export const approvalStore = (db: Db): ApprovalStore => ({
  request: (request) => transaction(db, (tx) => ask(tx, request)),
  answer: (answer) => transaction(db, (tx) => take(tx, answer)),
  async get(digest) {
    const [found] = await find(db, sql`where plan_digest = ${digest}`);
    return found;
  },
  async open() {
    const newest = sql`where state = 'open' order by expires_at_ms desc, plan_digest limit ${openMax}`;
    return (await find(db, newest)).toSorted((a, b) => b.requestedAtMs - a.requestedAtMs);
  },
  async setState(digest, runId, state) {
    await changed(
      db,
      sql`update approvals set state = ${state}
        where plan_digest = ${digest} and run_id = ${runId} and state in ('open', 'approved')`,
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

/** A replay of the same run must not lose answers; another run asks anew, and answers to the earlier one do not count. */
async function ask(tx: Db, request: ApprovalRequest): Promise<void> {
  const { answers: _none, ...document } = request;
  const { planDigest, incidentId, runId, state, expiresAtMs } = request;
  const made = await changed(
    tx,
    sql`insert into approvals (plan_digest, incident_id, run_id, state, expires_at_ms, document)
      values (${planDigest}, ${incidentId}, ${runId}, ${state}, ${expiresAtMs}, ${write(document)})
      on conflict (plan_digest) do update set incident_id = excluded.incident_id, run_id = excluded.run_id,
        state = excluded.state, consumed_by = null, expires_at_ms = excluded.expires_at_ms, document = excluded.document
      where approvals.run_id <> excluded.run_id`,
  );
  if (made === 1) await changed(tx, sql`delete from approval_answers where plan_digest = ${planDigest}`);
}

/** Answers to one request come one after another, so that the state after each is the state of all before it. */
async function take(tx: Db, answer: ApprovalAnswer): Promise<ApprovalRequest | undefined> {
  const { planDigest, by, atMs } = answer;
  const open = await rows(
    tx,
    sql`select 1 from approvals where plan_digest = ${planDigest} and state = 'open' and expires_at_ms > ${atMs} for update`,
  );
  if (open.length === 0) return undefined;
  await changed(
    tx,
    sql`insert into approval_answers (plan_digest, person, document)
      values (${planDigest}, ${by}, ${write(answer)}) on conflict do nothing`,
  );
  const [answered] = await find(tx, sql`where plan_digest = ${planDigest}`);
  if (!answered) return undefined;
  const state = approvalState(answered, atMs);
  await changed(tx, sql`update approvals set state = ${state} where plan_digest = ${planDigest}`);
  return { ...answered, state };
}

interface ApprovalRow {
  readonly document: string;
  readonly state: ApprovalRequest["state"];
  readonly answers: readonly string[];
}

async function find(db: Db, where: ReturnType<typeof sql>): Promise<ApprovalRequest[]> {
  const found = await rows<ApprovalRow>(
    db,
    sql`select document, state, array(
        select a.document from approval_answers a where a.plan_digest = approvals.plan_digest order by a.seq) as answers
      from approvals ${where}`,
  );
  return found.map(({ document, state, answers }) => ({
    ...read<Omit<ApprovalRequest, "answers"> & { planDigest: Digest }>(document),
    state,
    answers: answers.map((answer) => read<ApprovalAnswer>(answer)),
  }));
}
