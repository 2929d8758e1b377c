import type { Digest } from "../../../kernel/digest.ts";
import { digestOf } from "../../../kernel/digest.ts";
import type { Diagnosis } from "../../../loop/diagnosis/diagnosis.ts";
import type { Decision } from "../../../loop/decision/decision.ts";
import { runOutcome } from "../../../loop/run/run-outcome.ts";
import type { Plan } from "../../../loop/plan/plan.ts";
import type { Run, RunState, StepIntent, StepOutcome } from "../../../loop/run/run.ts";
import type { Verification } from "../../../loop/verification/verdict.ts";
import type { RunStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, write, type Db } from "./database.ts";

type KeptRun = Run & { verification?: Verification };

export const runStore = (db: Db): RunStore => ({
  async saveDiagnosis(diagnosis) {
    await changed(
      db,
      sql`insert into diagnoses (incident_id, document) values (${diagnosis.incidentId}, ${write(diagnosis)})`,
    );
  },
  async latestDiagnosis(incidentId) {
    const [row] = await rows<{ document: string }>(
      db,
      sql`select document from diagnoses where incident_id = ${incidentId} order by seq desc limit 1`,
    );
    return row && read<Diagnosis>(row.document);
  },
  async savePlan(digest, plan) {
    await changed(db, sql`insert into plans values (${digest}, ${write(plan)}) on conflict do nothing`);
  },
  async plan(digest) {
    const [row] = await rows<{ document: string }>(db, sql`select document from plans where digest = ${digest}`);
    return row && read<Plan>(row.document);
  },
  async saveDecision(incidentId, decision) {
    await changed(db, sql`insert into decisions (incident_id, document) values (${incidentId}, ${write(decision)})`);
  },
  async decisions(incidentId) {
    const found = await rows<{ document: string }>(
      db,
      sql`select document from decisions where incident_id = ${incidentId} order by seq desc limit 200`,
    );
    return found.map((r) => read<Decision>(r.document)).toReversed();
  },
  async startRun(run) {
    await changed(
      db,
      sql`insert into runs (id, incident_id, plan_digest, state, started_at_ms) values (${run.id}, ${run.incidentId}, ${run.planDigest}, ${run.state}, ${run.startedAtMs}) on conflict do nothing`,
    );
  },
  async intend(runId, intent) {
    const made = await changed(
      db,
      sql`insert into acts (key, run_id, intent) values (${intent.key}, ${runId}, ${write(intent)}) on conflict do nothing`,
    );
    if (made === 1) return true;
    const [row] = await rows<{ intent: string }>(db, sql`select intent from acts where key = ${intent.key}`);
    return row !== undefined && digestOf(read(row.intent)) === digestOf(intent);
  },
  async complete(_runId, outcome) {
    await changed(db, sql`update acts set outcome = ${write(outcome)} where key = ${outcome.key}`);
  },
  async setState(runId, state, atMs) {
    const ended = state !== "acting" && state !== "verifying" && state !== "rolling-back";
    await changed(db, sql`update runs set state = ${state}, ended_at_ms = ${ended ? atMs : null} where id = ${runId}`);
  },
  async saveVerification(runId, verification) {
    await changed(db, sql`update runs set verification = ${write(verification)} where id = ${runId}`);
  },
  async run(id) {
    const [row] = await rows<RunRow>(db, sql`select * from runs where id = ${id}`);
    return row && whole(db, row);
  },
  async runsOf(incidentId) {
    const found = await rows<RunRow>(
      db,
      sql`select * from runs where incident_id = ${incidentId} order by started_at_ms, id limit 200`,
    );
    return Promise.all(found.map((row) => whole(db, row)));
  },
  async history(sinceMs) {
    const found = await rows<RunRow & { document: string }>(
      db,
      sql`select runs.*, plans.document from runs join plans on plans.digest = runs.plan_digest where started_at_ms >= ${sinceMs} or ended_at_ms is null order by started_at_ms limit 5000`,
    );
    return found.map((row) => {
      const { runbook, service, environment } = read<Plan>(row.document);
      const base = {
        runId: row.id,
        incidentId: row.incident_id,
        runbook: runbook.name,
        service,
        environment,
        outcome: runOutcome(row.state),
        startedAtMs: Number(row.started_at_ms),
      };
      return row.ended_at_ms === null ? base : { ...base, endedAtMs: Number(row.ended_at_ms) };
    });
  },
});

interface RunRow {
  readonly id: string;
  readonly incident_id: string;
  readonly plan_digest: Digest;
  readonly state: RunState;
  readonly started_at_ms: string;
  readonly ended_at_ms: string | null;
  readonly verification: string | null;
}

async function whole(db: Db, row: RunRow): Promise<KeptRun> {
  const acts = await rows<{ intent: string; outcome: string | null }>(
    db,
    sql`select intent, outcome from acts where run_id = ${row.id} order by seq`,
  );
  return {
    id: row.id,
    incidentId: row.incident_id,
    planDigest: row.plan_digest,
    state: row.state,
    intents: acts.map((a) => read<StepIntent>(a.intent)),
    outcomes: acts.flatMap((a) => (a.outcome === null ? [] : [read<StepOutcome>(a.outcome)])),
    startedAtMs: Number(row.started_at_ms),
    ...(row.ended_at_ms === null ? {} : { endedAtMs: Number(row.ended_at_ms) }),
    ...(row.verification === null ? {} : { verification: read<Verification>(row.verification) }),
  };
}
