import type { WorkflowStatus } from "@dbos-inc/dbos-sdk";
import type { Json } from "../../../kernel/json.ts";
import type { DurableStatus } from "../../../ports/durable.ts";

/** DBOS's names of a state. */
export const namesOf = {
  pending: ["PENDING", "ENQUEUED", "DELAYED"],
  succeeded: ["SUCCESS"],
  failed: ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
} as const;

export function statusOf(workflow: WorkflowStatus): DurableStatus {
  const { workflowID: id, workflowName: story, status, executorId } = workflow;
  if (status === "SUCCESS") return { id, story, state: "succeeded", output: outputOf(workflow) };
  if (status === "PENDING" && executorId) return { id, story, state: "pending", controller: executorId };
  if (status === "PENDING" || status === "ENQUEUED" || status === "DELAYED") return { id, story, state: "pending" };
  return { id, story, state: "failed", error: errorText(workflow) };
}

function outputOf({ output }: WorkflowStatus): Json {
  return (output ?? null) as Json;
}

function errorText({ status, error }: WorkflowStatus): string {
  if (error instanceof Error) return error.message;
  if (error !== undefined && error !== null) return JSON.stringify(error);
  return status === "CANCELLED" ? "it was cancelled" : "it was taken up too often without coming to an end";
}
