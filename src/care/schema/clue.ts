import { z } from "zod";
import { parsePattern, patternMax } from "../../loop/diagnosis/signatures/pattern.ts";
import { membersMax, patternsMax, weightMax } from "../../loop/diagnosis/signatures/signature.ts";
import { durationField, hint } from "./fields.ts";

const patternField = z
  .string()
  .min(1)
  .max(patternMax)
  .superRefine((text, context) => {
    const parsed = parsePattern(text);
    if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.error });
  })
  .meta({
    description: "Words to find in this order; `*` stands for anything between them; case does not matter",
    ...hint("words like `connect * refused`, one of them of 3 letters or more", "write the words that never change"),
  });

const patterns = z.array(patternField).min(1).max(patternsMax);
const labelled = z.record(z.string().min(1).max(100), patterns).default({});
const metricNames = z
  .array(z.string().regex(/^[A-Za-z_:][\w:.\-/]{0,199}$/))
  .min(1)
  .max(patternsMax);
const statuses = z.array(z.number().int().min(0).max(999)).max(patternsMax).default([]);
const often = z.number().int().min(1).max(10_000).default(1);

const log = { type: z.literal("log"), says: patterns, unless: z.array(patternField).max(patternsMax).default([]) };
const alert = {
  type: z.literal("alert"),
  names: z.array(patternField).max(patternsMax).default([]).describe("None named: any alert with these labels"),
  labels: labelled,
};
const exit = {
  type: z.literal("exit"),
  codes: z.array(z.number().int().min(0).max(255)).max(20).default([]),
  signals: z
    .array(z.string().regex(/^SIG[A-Z0-9]{2,10}$/))
    .max(20)
    .default([]),
  atLeast: often,
};
const metric = {
  type: z.literal("metric"),
  names: metricNames.describe("By OpenTelemetry or Prometheus; dots and underscores are the same"),
  attributes: labelled,
  is: z.enum(["above", "below", "grows", "shrinks", "jumps", "drops", "stops"]),
  value: z.number().min(0).max(1e15).optional().describe("The level, or how many times; `stops` has none"),
  shareOf: metricNames.optional().describe("The level counts as a share of this metric"),
};
const finding = {
  type: z.literal("finding"),
  dimensions: z
    .array(z.enum(["errors", "duration", "rate", "burn-rate", "logs", "alert", "absence", "health", "saturation"]))
    .min(1)
    .max(9),
  directions: z
    .array(z.enum(["above", "below", "present", "absent"]))
    .max(4)
    .default([]),
  at: z.enum(["own", "calls", "callers"]).default("own").describe("Itself, calls it makes, calls others make to it"),
};
const change = {
  type: z.literal("change"),
  changes: z
    .array(z.enum(["release", "config", "flag", "scale", "infrastructure"]))
    .min(1)
    .max(5),
  within: durationField.prefault("15m").describe("How long before the first symptom"),
};
const target = { type: z.literal("target"), is: z.enum(["down", "hung", "well", "mixed-releases"]) };
const calls = {
  type: z.literal("calls"),
  at: z.enum(["made", "answered"]),
  statuses: statuses.describe("None named: calls that got no status at all"),
  atLeast: often,
};
const dependency = { type: z.literal("dependency"), is: z.enum(["hurt", "down", "well"]) };

const matchers = [
  z.strictObject(log),
  z.strictObject(alert),
  z.strictObject(exit),
  z.strictObject(metric),
  z.strictObject(finding),
  z.strictObject(change),
  z.strictObject(target),
  z.strictObject(calls),
  z.strictObject(dependency),
] as const;

const memberField = z.discriminatedUnion("type", matchers).superRefine(checkLook);
const weight = z
  .number()
  .min(0.1)
  .max(weightMax)
  .meta({
    description: `How much it speaks when it is seen: a log-likelihood ratio in nats, at most ${weightMax}`,
    ...hint(`a number from 0.1 to ${weightMax}`, "1 is a hint, 2 a strong sign, 4 as good as certain"),
  });
const members = z.array(memberField).min(2).max(membersMax);

export const clueField = z
  .discriminatedUnion("type", [
    z.strictObject({ ...log, weight }),
    z.strictObject({ ...alert, weight }),
    z.strictObject({ ...exit, weight }),
    z.strictObject({ ...metric, weight }),
    z.strictObject({ ...finding, weight }),
    z.strictObject({ ...change, weight }),
    z.strictObject({ ...target, weight }),
    z.strictObject({ ...calls, weight }),
    z.strictObject({ ...dependency, weight }),
    z.strictObject({ type: z.literal("any"), of: members, weight }),
    z.strictObject({ type: z.literal("all"), of: members, weight }),
  ])
  .superRefine(checkLook);

/** What the single fields cannot say of each other. */
function checkLook(look: unknown, context: z.RefinementCtx): void {
  checkAlert(look, context);
  checkMetric(look, context);
}

function checkAlert(look: unknown, context: z.RefinementCtx): void {
  const read = z.object({ type: z.literal("alert"), names: z.array(z.string()), labels: labelled }).safeParse(look);
  if (read.success && read.data.names.length === 0 && Object.keys(read.data.labels).length === 0)
    context.addIssue({ code: "custom", path: ["names"], message: "an alert is known by names or labels" });
}

const metricLook = z.object({
  type: z.literal("metric"),
  is: metric.is,
  value: metric.value,
  shareOf: metric.shareOf,
});

function checkMetric(look: unknown, context: z.RefinementCtx): void {
  const read = metricLook.safeParse(look);
  if (!read.success) return;
  for (const [field, message] of Object.entries(metricFaults(read.data)))
    context.addIssue({ code: "custom", path: [field], message });
}

/** Only a level may be a share, and only what stops needs no number. */
function metricFaults({ is, value, shareOf }: z.infer<typeof metricLook>): Record<string, string> {
  const isLevel = is === "above" || is === "below";
  if (is === "stops" && value !== undefined) return { value: "`stops` takes no value" };
  if (is !== "stops" && value === undefined) return { value: `\`${is}\` needs a value` };
  if (!isLevel && shareOf !== undefined) return { shareOf: "only `above` and `below` may be a share" };
  if (!isLevel && is !== "stops" && (value ?? 0) <= 1) return { value: "must be more than 1: how many times" };
  return {};
}

export type WrittenClue = z.infer<typeof clueField>;
export type WrittenMember = z.infer<typeof memberField>;
