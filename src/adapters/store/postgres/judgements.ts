import type { Decision } from "../../../loop/decision/decision.ts";
import type { Diagnosis } from "../../../loop/diagnosis/diagnosis.ts";
import type { Plan } from "../../../loop/plan/plan.ts";
import type { RunStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, write, type Db } from "./database.ts";

const decisionsMax = 200;

interface DocumentRow {
  readonly document: string;
}

/** What was thought before anything was done: diagnoses, plans, decisions. */
export const judgementStore = (
  db: Db,
): Pick<RunStore, "saveDiagnosis" | "latestDiagnosis" | "savePlan" | "plan" | "saveDecision" | "decisions"> => ({
  async saveDiagnosis(diagnosis) {
    await changed(
      db,
      sql`insert into diagnoses (incident_id, document) values (${diagnosis.incidentId}, ${write(diagnosis)})`,
    );
  },
  async latestDiagnosis(incidentId) {
    const [row] = await rows<DocumentRow>(
      db,
      sql`select document from diagnoses where incident_id = ${incidentId} order by seq desc limit 1`,
    );
    return row && read<Diagnosis>(row.document);
  },
  async savePlan(digest, plan) {
    await changed(
      db,
      sql`insert into plans (digest, document) values (${digest}, ${write(plan)}) on conflict do nothing`,
    );
  },
  async plan(digest) {
    const [row] = await rows<DocumentRow>(db, sql`select document from plans where digest = ${digest}`);
    return row && read<Plan>(row.document);
  },
  async saveDecision(incidentId, decision) {
    await changed(db, sql`insert into decisions (incident_id, document) values (${incidentId}, ${write(decision)})`);
  },
  async decisions(incidentId) {
    const latest = await rows<DocumentRow>(
      db,
      sql`select document from decisions where incident_id = ${incidentId} order by seq desc limit ${decisionsMax}`,
    );
    return latest.map((row) => read<Decision>(row.document)).toReversed();
  },
});
