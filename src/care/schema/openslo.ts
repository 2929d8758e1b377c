import { z } from "zod";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import { parseDurationMs } from "../../kernel/duration.ts";
import type { BurnRateAlert, Slo } from "../../loop/detection/slo.ts";
import { durationField, hint, nameField } from "./fields.ts";

export const openSloVersion = "openslo/v1";
export const redSource = "homeostat.dev/red";
export const burnRatesAnnotation = "homeostat.dev/burn-rates";

/** Google SRE workbook, chapter 5, table 5-8: what burns 2 %, 5 % and 10 % of a 30 day budget. */
export const defaultBurnRates = "page:1h/5m:14.4,page:6h/30m:6,ticket:3d/6h:1";

const burnRate = /^(page|ticket):([0-9a-z]+)\/([0-9a-z]+):(\d+(?:\.\d+)?)$/;

/** `severity:long/short:factor`, separated by commas; undefined when any part is malformed. */
export function parseBurnRates(text: string): BurnRateAlert[] | undefined {
  const alerts = text.split(",").map((part): BurnRateAlert | undefined => {
    const [, severity, long, short, factor] = burnRate.exec(part.trim()) ?? [];
    const [longMs, shortMs] = [parseDurationMs(long ?? ""), parseDurationMs(short ?? "")];
    if ((severity !== "page" && severity !== "ticket") || !longMs || !shortMs || shortMs >= longMs) return undefined;
    return Number(factor) > 0 ? { severity, longMs, shortMs, factor: Number(factor) } : undefined;
  });
  return alerts.every((a) => a !== undefined) ? alerts : undefined;
}

const annotations = z
  .record(z.string(), z.union([z.string(), z.array(z.string())]))
  .default({})
  .meta({ description: `${burnRatesAnnotation}: severity:long/short:factor, separated by commas` });

const metadata = z.strictObject({
  name: nameField,
  displayName: z.string().max(200).optional(),
  labels: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  annotations,
});

const red = z.strictObject({
  service: nameField,
  environment: nameField,
  indicator: z.enum(["errors", "duration"]),
  thresholdMs: z.number().positive().max(3_600_000).optional(),
});

const metricSource = z.strictObject({
  metricSourceRef: z.string().optional(),
  type: z.string().optional(),
  spec: z.record(z.string(), z.unknown()).default({}),
});
const metric = z.strictObject({ metricSource });

const indicatorSpec = z
  .strictObject({
    description: z.string().max(2_000).optional(),
    ratioMetric: z
      .strictObject({
        counter: z.boolean().optional(),
        good: metric.optional(),
        bad: metric.optional(),
        total: metric.optional(),
        raw: metric.optional(),
        rawType: z.enum(["success", "failure"]).optional(),
      })
      .optional(),
    thresholdMetric: metric.optional(),
  })
  .refine(
    (s) => (s.ratioMetric === undefined) !== (s.thresholdMetric === undefined),
    "needs ratioMetric or thresholdMetric",
  );

const objectiveField = z.strictObject({
  displayName: z.string().max(200).optional(),
  op: z.enum(["lte", "gte", "lt", "gt"]).optional(),
  value: z.number().optional(),
  target: z.number().gt(0).lt(1).optional(),
  targetPercent: z.number().gt(0).lt(100).optional(),
  timeSliceTarget: z.number().optional(),
  timeSliceWindow: z.string().optional(),
  compositeWeight: z.number().optional(),
});

const timeWindow = z.looseObject({ duration: durationField, isRolling: z.boolean().default(true) });

export const sloDocument = z.strictObject({
  apiVersion: z.literal(openSloVersion),
  kind: z.literal("SLO"),
  metadata,
  spec: z
    .strictObject({
      description: z.string().max(2_000).optional(),
      service: z.string().min(1),
      indicator: z.strictObject({ metadata: metadata.optional(), spec: indicatorSpec }).optional(),
      indicatorRef: z.string().optional(),
      timeWindow: z.array(timeWindow).min(1).max(1),
      budgetingMethod: z.enum(["Occurrences", "Timeslices", "RatioTimeslices"]).default("Occurrences"),
      objectives: z
        .array(objectiveField)
        .min(1)
        .max(1)
        .meta({ ...hint("one objective", "write one SLO per objective") }),
      alertPolicies: z.array(z.unknown()).default([]),
    })
    .refine((s) => (s.indicator === undefined) !== (s.indicatorRef === undefined), "needs indicator or indicatorRef"),
});

export const sliDocument = z.strictObject({
  apiVersion: z.literal(openSloVersion),
  kind: z.literal("SLI"),
  metadata,
  spec: indicatorSpec,
});

/** Kinds that are accepted as they are: SLOs may sit beside them, and Homeostat reads nothing from them. */
export const otherOpenSloDocument = z.looseObject({
  apiVersion: z.literal(openSloVersion),
  kind: z.enum(["Service", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"]),
  metadata: z.looseObject({ name: z.string().min(1) }),
  spec: z.unknown(),
});

export type SloDocument = z.infer<typeof sloDocument>;
type Goal = z.infer<typeof objectiveField> | undefined;
export type IndicatorSpec = z.infer<typeof indicatorSpec>;

/** What is wrong in an SLO beyond its shape, with the path it is wrong at. */
export interface SloFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly expected: string;
  readonly fix: string;
}

/** The SLO as detection reads it; `elsewhere` when another system measures it, which is fine. */
export function toSlo(document: SloDocument, indicator: IndicatorSpec): Slo | "elsewhere" | SloFault {
  const sources = sourcesOf(indicator);
  if (!sources.some((s) => s.type === redSource)) return "elsewhere";
  const source = agreedSource(sources);
  if (!source) return faults.source;
  const alerts = alertsOf(document);
  if (!alerts) return faults.burnRates;
  const [goal] = document.spec.objectives;
  const objective = targetOf(goal);
  if (objective <= 0) return faults.target;
  const measured = indicatorOf(source, goal?.value);
  if (!measured) return faults.threshold;
  const { service, environment } = source;
  const windowMs = document.spec.timeWindow[0]?.duration ?? 0;
  return { name: document.metadata.name, service, environment, objective, windowMs, indicator: measured, alerts };
}

const targetOf = (goal: Goal): number => goal?.target ?? (goal?.targetPercent ?? 0) / 100;

function indicatorOf({ indicator, thresholdMs }: z.infer<typeof red>, value?: number): Slo["indicator"] | undefined {
  if (indicator === "errors") return { type: "errors" };
  const limitMs = thresholdMs ?? value;
  return limitMs !== undefined && limitMs > 0 ? { type: "duration", thresholdMs: limitMs } : undefined;
}

/** What good, bad and total are measured by: one and the same source, or nothing. */
function agreedSource(sources: readonly z.infer<typeof metricSource>[]): z.infer<typeof red> | undefined {
  const read = sources.map((s) => (s.type === redSource ? red.safeParse(s.spec).data : undefined));
  const [first] = read;
  return first && read.every((s) => s !== undefined && canonicalJson(s) === canonicalJson(first)) ? first : undefined;
}

function alertsOf({ metadata: { annotations: given } }: SloDocument): BurnRateAlert[] | undefined {
  const text = given[burnRatesAnnotation] ?? defaultBurnRates;
  return parseBurnRates(typeof text === "string" ? text : text.join(","));
}

const faults = {
  source: {
    path: ["spec", "indicator"],
    message: `metric sources of type \`${redSource}\` are incomplete or differ`,
    expected: "service, environment, indicator (errors or duration) and thresholdMs, the same in each",
    fix: "write the same metricSource spec everywhere",
  },
  burnRates: {
    path: ["metadata", "annotations", burnRatesAnnotation],
    message: "the annotation is no list of burn rates",
    expected: "severity:long/short:factor, separated by commas, long longer than short",
    fix: `write it like \`${defaultBurnRates}\``,
  },
  target: {
    path: ["spec", "objectives", 0],
    message: "the objective has no target",
    expected: "a target between 0 and 1",
    fix: "add `target: 0.99`",
  },
  threshold: {
    path: ["spec", "indicator"],
    message: "a duration indicator has no threshold",
    expected: "thresholdMs in the metric source, or value in the objective",
    fix: "add `thresholdMs: 300` to the metric source",
  },
} as const satisfies Record<string, SloFault>;

function sourcesOf({ ratioMetric, thresholdMetric }: IndicatorSpec): z.infer<typeof metricSource>[] {
  const { good, bad, total, raw } = ratioMetric ?? {};
  return [good, bad, total, raw, thresholdMetric].flatMap((m) => (m ? [m.metricSource] : []));
}
