// Tests of policies, as a care repo writes them (E1): a question, and what the answer has to be.
import { z } from "zod";
import type { JsonObject } from "../../kernel/json.ts";
import type { Ask, PolicyAnswer, PolicyQuestion } from "./ask.ts";
import { askSafely } from "./ask-safely.ts";
import { formatStopScope, parseStopScope } from "./stop.ts";

const text = z.string().min(1);
const risk = z.enum(["none", "low", "medium", "high"]);
const count = z.int().min(0);

const factsSchema = z.strictObject({
  hour: z.int().min(0).max(23).optional(),
  dayOfWeek: z.int().min(1).max(7).optional(),
  confidencePercent: z.int().min(0).max(99).optional(),
  liveIncidents: count.optional(),
  runningRuns: count.optional(),
  runsLastHour: count.optional(),
  serviceRunsLastHour: count.optional(),
  failures: count.optional(),
  totalInstances: count.optional(),
  touchedInstances: count.optional(),
  /** `null` asks with the number unknown. */
  healthyInstances: count.nullable().optional(),
  irreversible: z.boolean().optional(),
  freeze: z.boolean().optional(),
  storm: z.boolean().optional(),
  breakerOpen: z.boolean().optional(),
  telemetryKnown: z.boolean().optional(),
});

const whoSchema = z.strictObject({ name: text, roles: z.array(text).default([]) });

const expectSchema = z.strictObject({
  allowed: z.boolean(),
  /** Exactly these policies determine the answer, in any order. */
  policies: z.array(text).optional(),
  quorum: z.int().min(1).optional(),
  roles: z.array(text).optional(),
  expires: text.optional(),
});

const shared = { name: text, expect: expectSchema };
const clock = { hour: z.int().min(0).max(23).default(12), dayOfWeek: z.int().min(1).max(7).default(3) };

/** One case. What `facts` leaves out is a calm Wednesday noon: one live incident, everything known and healthy. */
export const policyCaseSchema = z.discriminatedUnion("ask", [
  z.strictObject({
    ...shared,
    ask: z.enum(["act", "act-with-approval"]),
    runbook: z.strictObject({ name: text, risk: risk.default("low"), version: text.default("1.0.0") }),
    service: z.strictObject({
      name: text,
      environment: text,
      tier: z.int().min(1).max(4).default(3),
      owner: text.default("nobody"),
      labels: z.record(text, z.string()).default({}),
    }),
    facts: factsSchema.default({}),
  }),
  z.strictObject({
    ...shared,
    ...clock,
    ask: z.literal("approve"),
    person: whoSchema,
    plan: z.strictObject({
      environment: text,
      service: text,
      runbook: text,
      risk: risk.default("low"),
      requestedBy: text.optional(),
    }),
    answer: z.enum(["approve", "deny"]).default("approve"),
  }),
  z.strictObject({
    ...shared,
    ...clock,
    ask: z.literal("operate"),
    person: whoSchema.optional(),
    machine: whoSchema.optional(),
    /** As `homeostat stop` takes it: `all`, `service/cart` … */
    scope: text,
    verb: z.enum(["stop", "resume", "close"]),
  }),
]);

/** The `spec` of a `kind: PolicyTest` document. */
export const policyTestSchema = z.strictObject({ cases: z.array(policyCaseSchema).min(1).max(1_000) });

export type PolicyCase = z.infer<typeof policyCaseSchema>;

/** How a case came out. `failures` is empty when it passed; else it says what was expected and what came. */
export interface PolicyCaseResult {
  readonly name: string;
  readonly failures: readonly string[];
}

const calm: JsonObject = {
  hour: 12,
  dayOfWeek: 3,
  confidencePercent: 90,
  liveIncidents: 1,
  runningRuns: 0,
  runsLastHour: 0,
  serviceRunsLastHour: 0,
  failures: 0,
  totalInstances: 2,
  touchedInstances: 1,
  healthyInstances: 2,
  irreversible: false,
  freeze: false,
  storm: false,
  breakerOpen: false,
  telemetryKnown: true,
};

function contextOf(facts: z.infer<typeof factsSchema>): JsonObject {
  const entries = Object.entries({ ...calm, ...facts });
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined));
}

function controlQuestion(given: PolicyCase & { ask: "operate" }): PolicyQuestion | string {
  const scope = parseStopScope(given.scope);
  if (!scope.ok) return scope.error;
  const who = given.person ?? given.machine;
  if (who === undefined || (given.person !== undefined && given.machine !== undefined))
    return "name either a `person` or a `machine`";
  return {
    question: "operate",
    principal: {
      type: given.person === undefined ? "Machine" : "Person",
      id: who.name,
      attributes: { roles: who.roles },
    },
    resource: { type: "Control", id: formatStopScope(scope.value), attributes: { ...scope.value } },
    context: { hour: given.hour, dayOfWeek: given.dayOfWeek, verb: given.verb },
  };
}

function questionOf(given: PolicyCase): PolicyQuestion | string {
  if (given.ask === "operate") return controlQuestion(given);
  if (given.ask === "approve") {
    const { requestedBy, ...plan } = given.plan;
    const requester: JsonObject = requestedBy === undefined ? {} : { requestedBy: { type: "Person", id: requestedBy } };
    return {
      question: "approve",
      principal: { type: "Person", id: given.person.name, attributes: { roles: given.person.roles } },
      resource: { type: "Plan", id: "plan-under-test", attributes: { ...plan, ...requester } },
      context: { hour: given.hour, dayOfWeek: given.dayOfWeek, answer: given.answer },
    };
  }
  const { name: runbook, ...runbookAttributes } = given.runbook;
  const { name: service, ...serviceAttributes } = given.service;
  return {
    question: given.ask,
    principal: { type: "Runbook", id: runbook, attributes: runbookAttributes },
    resource: { type: "Service", id: service, attributes: serviceAttributes },
    context: contextOf(given.facts),
  };
}

const list = (names: readonly string[]): string => names.toSorted().join(", ") || "none";

function differences(expect: PolicyCase["expect"], answer: PolicyAnswer): string[] {
  const { quorum = "1", roles = "", expires = "the settings' expiry" } = answer.annotations;
  const pairs: (readonly [string, string | undefined, string])[] = [
    ["allowed", String(expect.allowed), String(answer.allowed)],
    ["policies", expect.policies && list(expect.policies), list(answer.policies)],
    ["quorum", expect.quorum === undefined ? undefined : String(expect.quorum), quorum],
    ["roles", expect.roles && list(expect.roles), list(roles.split(",").filter((role) => role !== ""))],
    ["expires", expect.expires, expires],
  ];
  const wrong = pairs.filter(([, wanted, got]) => wanted !== undefined && wanted !== got);
  const why = wrong.length > 0 && answer.policies.length > 0 ? [`determined by: ${list(answer.policies)}`] : [];
  return [
    ...wrong.map(([what, wanted, got]) => `${what}: expected ${String(wanted)}, got ${got}`),
    ...why,
    ...answer.errors.map((error) => `error: ${error}`),
  ];
}

/** Runs policy tests against compiled policies. Pure; a case that meets an evaluation error fails, whatever it expected. */
export function runPolicyTests(cases: readonly PolicyCase[], ask: Ask): readonly PolicyCaseResult[] {
  return cases.map((given) => {
    const question = questionOf(given);
    const failures = typeof question === "string" ? [question] : differences(given.expect, askSafely(ask, question));
    return { name: given.name, failures };
  });
}
