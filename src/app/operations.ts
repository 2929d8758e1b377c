import { err, ok } from "../kernel/result.ts";
import { exportLines } from "../engine/export-log.ts";
import type { Operations } from "../engine/operations.ts";
import { answerApproval, liftScope, previewPlan, stopScope, viewIncident } from "../engine/operate.ts";
import type { World } from "../engine/world.ts";
import type { Signer } from "../ports/signer.ts";
import { createToken } from "../server/auth.ts";
import { statusOf, type StatusParts } from "./status.ts";

/** The operations of a running Homeostat, over its world. */
export function createOperations(world: World, signer: Signer, status: StatusParts): Operations {
  return {
    status: () => statusOf(status),
    incidents: (filter) => world.store.incidents.list(filter),
    incident: (id) => viewIncident(world, id),
    plan: (id) => previewPlan(world, id),
    answer: (caller, digest, answer, comment) => answerApproval(world, caller, digest, answer, comment),
    stop: (caller, scope, reason) => stopScope(world, caller, scope, reason),
    resume: (caller, scope) => liftScope(world, caller, scope),
    async createToken(caller, { name, scopes, roles }) {
      const wider = scopes.filter((s) => !caller.scopes.includes(s));
      if (wider.length > 0)
        return err({
          code: "denied",
          message: `your own token lacks the scopes ${wider.join(", ")}: it cannot give them`,
          reasons: [],
        });
      const made = createToken();
      await world.store.tokens.put({ sha256: made.sha256, name, scopes, roles, singleUse: false });
      return ok({ name, token: made.token });
    },
    checkpoint: async () => (await world.store.audit.latestCheckpoint())?.note,
    exportAudit: () => exportLines(world.store, signer),
  };
}
