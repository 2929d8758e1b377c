import { canonicalJson } from "../../kernel/canonical-json.ts";
import type { JsonObject } from "../../kernel/json.ts";
import type { Service } from "../signal/service.ts";
import type { TargetState } from "../signal/target-state.ts";
import type { Incident } from "../incident/incident.ts";
import type { Hypothesis } from "../diagnosis/diagnosis.ts";
import type { KnownGood } from "../diagnosis/scene.ts";

/** What a plan is made from, all of it about one service: the one the hypothesis names. */
export interface PlanFacts {
  readonly service: Service;
  readonly target: TargetState;
  /** Last known-good state of the target; nothing recorded is absent, never guessed. */
  readonly known: KnownGood;
  readonly incident: Incident;
  readonly configCommit: string;
}

/** The variables runbook expressions may read. `each` is bound by `forEach`, `before` when an undo is filled. */
export const expressionVariables: readonly string[] = ["service", "target", "hypothesis", "incident", "known"];

/**
 * The facts as expressions see them. Canonical, so that the order of members, which expressions can observe, is the same
 * for the same content; of the incident only what does not change while it is worked on.
 */
export function expressionFacts(facts: PlanFacts, hypothesis: Hypothesis): JsonObject {
  const { target, incident, known } = facts;
  const { atMs: _seenAt, ...looks } = target;
  const seen: JsonObject = JSON.parse(
    canonicalJson({
      service: facts.service,
      target: { config: {}, flags: {}, instances: [], releases: [], ...looks },
      hypothesis,
      incident: {
        id: incident.id,
        environment: incident.environment,
        severity: incident.severity,
        services: incident.services,
        sinceMs: incident.sinceMs,
      },
      known: { ...known, config: known.config ?? {}, flags: known.flags ?? {} },
    }),
  );
  return seen;
}
