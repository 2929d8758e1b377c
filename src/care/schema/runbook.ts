import { z } from "zod";
import { digestOf } from "../../kernel/digest.ts";
import type { ActionName, Gate, Runbook, RunbookStep } from "../../loop/plan/runbook.ts";
import {
  documentOf,
  durationField,
  expressionField,
  hint,
  jsonField,
  queryField,
  semverField,
  textField,
  type Metadata,
} from "./fields.ts";

const stepId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,40}$/)
  .refine((id) => id !== "undo", "`undo` is taken")
  .meta({
    description: "Unique in the runbook",
    ...hint("a short id like `switch`", "use lower-case letters, digits and dashes"),
  });

const actionName = z.templateLiteral([z.string().regex(/^[a-z]+$/), ".", z.string().regex(/^[a-z-]+$/)]).meta({
  description: "<actuator>.<action>",
  ...hint("an action like `release.switch`", "see `homeostat check --help` or the reference for all actions"),
});

const parameters = z.record(z.string().max(100), jsonField).default({});
/** A text that may be a template. */
const named = z.string().min(1).max(500).optional();

export const gateField = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("slo"), for: durationField, service: named }),
  z.strictObject({ type: z.literal("red"), for: durationField, service: named }),
  z.strictObject({ type: z.literal("dependents"), for: durationField, service: named }),
  z.strictObject({
    type: z.literal("health"),
    successes: z.number().int().min(1).max(100).default(1),
    service: named,
    instance: named,
  }),
  z.strictObject({
    type: z.literal("synthetic"),
    successes: z.number().int().min(1).max(100).default(1),
    service: named,
    instance: named,
  }),
  z.strictObject({
    type: z.literal("promql"),
    query: queryField,
    comparison: z.enum(["<", "<=", ">", ">="]).describe("How every value has to stand to the threshold"),
    threshold: z.number(),
    for: durationField.describe("Every moment of this long has to be known and to hold"),
    service: named,
  }),
  z.strictObject({ type: z.literal("condition"), expression: expressionField }),
]);

const gates = z.array(gateField).max(20).default([]);

const undoField = z
  .union([
    z
      .array(z.strictObject({ action: actionName, with: parameters, forEach: expressionField.optional() }))
      .min(1)
      .max(10),
    z.strictObject({ irreversible: textField(500) }),
  ])
  .meta({
    description: "Actions that take the step back, in order, or why there are none",
    ...hint("a list of undo actions, or `irreversible: <why>`", "say how the step is taken back, or why it cannot be"),
  });

const stepField = z.strictObject({
  id: stepId,
  action: actionName,
  with: parameters.describe("Parameters; texts may hold ${cel}"),
  forEach: expressionField
    .optional()
    .describe("CEL list; the step is done once per member, one after another, as `each`"),
  when: expressionField.optional().describe("Must hold right before the step, else the run stands down"),
  timeout: durationField.prefault("60s"),
  attempts: z.number().int().min(1).max(5).default(1),
  gates,
  undo: undoField,
});

const verify = z.strictObject({
  gates: z.array(gateField).min(1).max(20),
  within: durationField,
  bake: durationField.prefault("30s").describe("How long all gates must hold before it counts as healed"),
  inconclusive: z.enum(["hold", "rollback"]).default("hold"),
});

export const runbookDocument = documentOf(
  "Runbook",
  z
    .strictObject({
      version: semverField,
      owner: textField(100),
      reviewers: z.array(textField(100)).max(20).default([]),
      description: textField(2_000),
      causes: z
        .array(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/))
        .min(1)
        .max(100),
      risk: z.enum(["none", "low", "medium", "high"]),
      confidenceMin: z.number().min(0).max(0.99),
      preconditions: z
        .array(z.strictObject({ expression: expressionField, otherwise: textField(300) }))
        .max(20)
        .default([]),
      steps: z.array(stepField).max(30).default([]),
      verify: verify.optional(),
      expected: textField(500).describe("Expected effect, for people"),
      escalates: z.boolean().default(false).describe("Tells a person instead of acting"),
    })
    .refine((r) => r.escalates || r.steps.length > 0, {
      path: ["steps"],
      message: "a runbook that does not escalate needs a step",
    })
    .refine((r) => !r.escalates || r.steps.length === 0, {
      path: ["steps"],
      message: "a runbook that escalates has no steps",
    })
    .refine((r) => r.escalates || r.verify !== undefined, {
      path: ["verify"],
      message: "a runbook that acts must verify what it did",
    }),
);

type Spec = z.infer<typeof runbookDocument>["spec"];

/** The runbook, with the digest of its meaning: comments, layout and annotations are no part of it. */
export function toRunbook(metadata: Metadata, spec: Spec): Runbook {
  const { verify: checks, steps, ...rest } = spec;
  const content = {
    ...rest,
    name: metadata.name,
    steps: steps.map(toStep),
    verify: {
      gates: (checks?.gates ?? []).map(toGate),
      withinMs: checks?.within ?? 0,
      bakeMs: checks?.bake ?? 0,
      inconclusive: checks?.inconclusive ?? "hold",
    },
  };
  return { ...content, digest: digestOf(content) };
}

function toStep({ timeout, attempts, forEach, when, ...step }: Spec["steps"][number]): RunbookStep {
  return {
    ...step,
    timeoutMs: timeout,
    attemptsMax: attempts,
    ...(forEach === undefined ? {} : { forEach }),
    ...(when === undefined ? {} : { when }),
    gates: step.gates.map(toGate),
    undo: "irreversible" in step.undo ? step.undo : step.undo.map(toUndo),
  };
}

const toUndo = ({
  forEach,
  ...undo
}: {
  action: ActionName;
  with: RunbookStep["with"];
  forEach?: string | undefined;
}) => ({
  ...undo,
  ...(forEach === undefined ? {} : { forEach }),
});

function toGate(gate: z.infer<typeof gateField>): Gate {
  if (gate.type === "condition") return gate;
  const service = gate.service === undefined ? {} : { service: gate.service };
  if (gate.type === "promql") {
    const { type, query, comparison, threshold } = gate;
    return { type, query, comparison, threshold, forMs: gate.for, ...service };
  }
  if ("for" in gate) return { type: gate.type, forMs: gate.for, ...service };
  const instance = gate.instance === undefined ? {} : { instance: gate.instance };
  return { type: gate.type, successes: gate.successes, ...service, ...instance };
}
