// Cedar skips a policy that errors and decides without it; here any evaluation error is a no (I7).
import {
  statefulIsAuthorized,
  type AuthorizationAnswer,
  type CedarValueJson,
  type EntityJson,
} from "@cedar-policy/cedar-wasm/nodejs";
import { err, ok } from "../../../kernel/result.ts";
import type { Json, JsonObject } from "../../../kernel/json.ts";
import type { Ask, PolicyAnswer, PolicyQuestion } from "../../../loop/decision/ask.ts";
import type { PolicyEngine } from "../../../ports/policy.ts";
import { strictest } from "./annotations.ts";
import { preparsed, schemaName } from "./preparsed.ts";
import { readPolicies, type NamedPolicy } from "./read-policies.ts";

type Attributes = Record<string, CedarValueJson>;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON is Cedar's JSON; what Cedar does not have (a fraction, null), Cedar itself refuses. */
function cedarValue(value: Json): CedarValueJson {
  if (Array.isArray(value)) return value.map(cedarValue);
  if (isObject(value)) return cedarValues(value);
  return typeof value === "object" ? null : value;
}

const cedarValues = (object: JsonObject): Attributes =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, cedarValue(value)]));

/** `labels` are entity tags; all else are attributes. Only the two entities of the question go along, never the whole fleet. */
function entity({ type, id, attributes }: PolicyQuestion["principal"] | PolicyQuestion["resource"]): EntityJson {
  const { labels, ...attrs } = attributes;
  const tags = isObject(labels) ? { tags: cedarValues(labels) } : {};
  return { uid: { type, id }, attrs: cedarValues(attrs), parents: [], ...tags };
}

const no = (errors: readonly string[]): PolicyAnswer => ({
  allowed: false,
  policies: [],
  annotations: {},
  errors: errors.toSorted(),
});

/** Annotations of one policy that has values; Cedar gives null for a bare `@name`. */
function annotationsOf(policy: NamedPolicy | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(policy?.json.annotations ?? {}).filter(([, value]) => typeof value === "string"),
  );
}

function fileOf(id: string, byId: ReadonlyMap<string, NamedPolicy>): [id: string, file: string][] {
  const policy = byId.get(id);
  return policy === undefined ? [] : [[id, policy.origin.source.file]];
}

function answerOf(answer: AuthorizationAnswer, byId: ReadonlyMap<string, NamedPolicy>): PolicyAnswer {
  if (answer.type === "failure")
    return no(answer.errors.map((error) => `the question does not fit the policy schema: ${error.message}`));
  const { decision, diagnostics } = answer.response;
  const policies = diagnostics.reason.toSorted();
  const determining = policies.map((id) => annotationsOf(byId.get(id)));
  const { annotations, errors } = decision === "allow" ? strictest(determining) : { annotations: {}, errors: [] };
  const all = [
    ...diagnostics.errors.map(({ policyId, error }) => `policy \`${policyId}\`: ${error.message}`),
    ...errors,
  ].toSorted();
  const reasons = policies.flatMap((id, i) =>
    determining[i]?.["reason"] === undefined ? [] : [[id, determining[i]["reason"]] as const],
  );
  return {
    allowed: decision === "allow" && all.length === 0,
    policies,
    annotations,
    reasons: Object.fromEntries(reasons),
    files: Object.fromEntries(policies.flatMap((id) => fileOf(id, byId))),
    errors: all,
  };
}

const questions = [
  "act",
  "act-with-approval",
  "approve",
  "operate",
] as const satisfies readonly PolicyQuestion["question"][];

/** Whether a policy's scope can match an action. A scope of a shape not known here is left to Cedar. */
function speaksOf({ json: { action } }: NamedPolicy, question: string): boolean {
  const ids = "entity" in action ? [action.entity] : "entities" in action ? action.entities : [];
  return ids.length === 0 || ids.some((id) => !("id" in id) || id.id === question);
}

/** The policies of one question: Cedar looks at each policy of a set each time, so a set without the others answers sooner. */
const slice = (policies: readonly NamedPolicy[], question: string): Record<string, string> =>
  Object.fromEntries(
    policies.filter((policy) => speaksOf(policy, question)).map((policy) => [policy.id, policy.origin.text]),
  );

function asker(policies: readonly NamedPolicy[]): Ask {
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  const slices = new Map(questions.map((question) => [question, preparsed(slice(policies, question))]));
  return (question) => {
    try {
      const { principal, resource, context } = question;
      const setName = slices.get(question.question);
      if (setName === undefined) return no([`there is no question \`${question.question}\``]);
      const answer = statefulIsAuthorized({
        principal: { type: principal.type, id: principal.id },
        action: { type: "Action", id: question.question },
        resource: { type: resource.type, id: resource.id },
        context: cedarValues(context),
        preparsedSchemaName: schemaName,
        validateRequest: true,
        preparsedPolicySetId: setName(),
        entities: [entity(principal), entity(resource)],
      });
      return answerOf(answer, byId);
    } catch (cause) {
      return no([`the policy engine failed: ${cause instanceof Error ? cause.message : String(cause)}`]);
    }
  };
}

/** Cedar 4 as the policy engine. No policies at all compile: then nothing is permitted (E1). */
export const cedarPolicyEngine = (): PolicyEngine => ({
  compile(sources) {
    const { policies, errors } = readPolicies(sources);
    return errors.length > 0 ? err(errors) : ok(asker(policies));
  },
});
