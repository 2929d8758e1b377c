import { digestOf, type Digest } from "../../../kernel/digest.ts";
import type { Json } from "../../../kernel/json.ts";
import type { RunFact } from "../../../loop/decision/run-fact.ts";
import type { Plan } from "../../../loop/plan/plan.ts";
import { runOutcome } from "../../../loop/run/run-outcome.ts";
import type { Run, RunState, StepIntent, StepOutcome } from "../../../loop/run/run.ts";
import type { Verification } from "../../../loop/verification/verdict.ts";
import type { RunStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, write, type Db } from "./database.ts";
import { judgementStore } from "./judgements.ts";

const perIncidentMax = 200;
const historyMax = 5_000;

export const runStore = (db: Db): RunStore => ({
  ...judgementStore(db),
  async startRun({ id, incidentId, planDigest, state, startedAtMs }) {
    await changed(
      db,
      sql`insert into runs (id, incident_id, plan_digest, state, started_at_ms)
        values (${id}, ${incidentId}, ${planDigest}, ${state}, ${startedAtMs}) on conflict do nothing`,
    );
  },
  intend: (runId, intent) => intend(db, runId, intent),
  async complete(runId, outcome) {
    await changed(
      db,
      sql`update acts set outcome = ${write(outcome)} where key = ${outcome.key} and run_id = ${runId}`,
    );
  },
  async setState(id, state, atMs) {
    const endedAtMs = runOutcome(state) === "running" ? null : atMs;
    await changed(db, sql`update runs set state = ${state}, ended_at_ms = ${endedAtMs} where id = ${id}`);
  },
  async saveVerification(id, verification) {
    await changed(db, sql`update runs set verification = ${write(verification)} where id = ${id}`);
  },
  async run(id) {
    const [run] = await find(db, sql`where id = ${id}`);
    return run;
  },
  runsOf: (incidentId) =>
    find(db, sql`where incident_id = ${incidentId} order by started_at_ms, id collate "C" limit ${perIncidentMax}`),
  history: (sinceMs) => history(db, sinceMs),
});

/** Two at once for one key: the unique key lets one in, the other finds that one (I2, I3). */
async function intend(db: Db, runId: string, intent: StepIntent): Promise<boolean> {
  const made = await changed(
    db,
    sql`insert into acts (key, run_id, intent) values (${intent.key}, ${runId}, ${write(intent)}) on conflict do nothing`,
  );
  if (made === 1) return true;
  const [known] = await rows<{ intent: string }>(
    db,
    sql`select intent from acts where key = ${intent.key} and run_id = ${runId}`,
  );
  return known !== undefined && digestOf(read<Json>(known.intent)) === digestOf(intent);
}

interface RunRow {
  readonly id: string;
  readonly incident_id: string;
  readonly plan_digest: Digest;
  readonly state: RunState;
  readonly started_at_ms: string;
  readonly ended_at_ms: string | null;
  readonly verification: string | null;
  readonly intents: readonly string[];
  readonly outcomes: readonly string[];
}

type KeptRun = Run & { verification?: Verification };

async function find(db: Db, where: ReturnType<typeof sql>): Promise<KeptRun[]> {
  const found = await rows<RunRow>(
    db,
    sql`select runs.*,
        array(select intent from acts where run_id = runs.id order by seq) as intents,
        array(select outcome from acts where run_id = runs.id and outcome is not null order by seq) as outcomes
      from runs ${where}`,
  );
  return found.map(runOf);
}

const runOf = (row: RunRow): KeptRun => ({
  id: row.id,
  incidentId: row.incident_id,
  planDigest: row.plan_digest,
  state: row.state,
  intents: row.intents.map((intent) => read<StepIntent>(intent)),
  outcomes: row.outcomes.map((outcome) => read<StepOutcome>(outcome)),
  startedAtMs: Number(row.started_at_ms),
  ...(row.ended_at_ms === null ? {} : { endedAtMs: Number(row.ended_at_ms) }),
  ...(row.verification === null ? {} : { verification: read<Verification>(row.verification) }),
});

/** The latest runs, told oldest first: where there are too many, the old ones are left out. */
async function history(db: Db, sinceMs: number): Promise<RunFact[]> {
  const latest = await rows<Omit<RunRow, "intents" | "outcomes"> & { document: string }>(
    db,
    sql`select runs.*, plans.document from runs join plans on plans.digest = runs.plan_digest
      where started_at_ms >= ${Math.round(sinceMs)} or ended_at_ms is null
      order by started_at_ms desc, id collate "C" desc limit ${historyMax}`,
  );
  return latest.map(factOf).toReversed();
}

function factOf(row: Omit<RunRow, "intents" | "outcomes"> & { document: string }): RunFact {
  const { runbook, service, environment } = read<Plan>(row.document);
  return {
    runId: row.id,
    incidentId: row.incident_id,
    runbook: runbook.name,
    service,
    environment,
    outcome: runOutcome(row.state),
    startedAtMs: Number(row.started_at_ms),
    ...(row.ended_at_ms === null ? {} : { endedAtMs: Number(row.ended_at_ms) }),
  };
}
