import { DBOS } from "@dbos-inc/dbos-sdk";
import { namesOf } from "./dbos-status.ts";

const endedNames = [...namesOf.succeeded, ...namesOf.failed];

/** Deletes runs that ended before a time, by the database's clock. Steps, inputs, outputs and messages go with them. */
export async function pruneRuns(endedBeforeMs: number, runsMax: number): Promise<number> {
  const ended = await DBOS.listWorkflows({
    status: endedNames,
    completedBefore: new Date(Math.ceil(endedBeforeMs) - 1).toISOString(),
    limit: runsMax,
    loadInput: false,
    loadOutput: false,
  });
  if (ended.length > 0) await DBOS.deleteWorkflows(ended.map((w) => w.workflowID));
  return ended.length;
}
