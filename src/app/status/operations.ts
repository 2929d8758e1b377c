import { closeIncident } from "../../engine/close-incident.ts";
import { exportLines } from "../../engine/export-log.ts";
import type { Operations } from "../../engine/operations.ts";
import { answerApproval } from "../../engine/answer-approval.ts";
import { liftScope, previewPlan, stopScope, viewIncident } from "../../engine/operate.ts";
import { viewTopology } from "../../engine/view-topology.ts";
import type { World } from "../../engine/world.ts";
import type { Redactor } from "../../ports/redactor.ts";
import type { Signer } from "../../ports/signer.ts";
import { giveToken } from "../give-token.ts";
import { statusOf, type StatusParts } from "./status.ts";

/** The operations of a running Homeostat, over its world. What people write is redacted before anything keeps it (I10). */
export function createOperations(world: World, signer: Signer, redactor: Redactor, status: StatusParts): Operations {
  return {
    status: () => statusOf(status),
    incidents: (filter) => world.store.incidents.list(filter),
    incident: (id) => viewIncident(world, id),
    plan: (id) => previewPlan(world, id),
    topology: (query) => viewTopology(world, query),
    answer: (caller, digest, answer, comment) =>
      answerApproval(world, caller, digest, answer, comment === undefined ? undefined : redactor.redact(comment)),
    stop: (caller, scope, reason) => stopScope(world, caller, scope, redactor.redact(reason)),
    resume: (caller, scope) => liftScope(world, caller, scope),
    close: (caller, id, reason) => closeIncident(world, caller, id, redactor.redact(reason)),
    createToken: (caller, wanted) => giveToken(world, caller, wanted),
    checkpoint: async () => (await world.store.audit.latestCheckpoint())?.note,
    exportAudit: () => exportLines(world.store, signer),
  };
}
