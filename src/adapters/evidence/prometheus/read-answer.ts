import { z } from "zod";
import type { MetricPoint, MetricSeries } from "../../../loop/signal/metric-series.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { evidenceLimits, type EvidenceAnswer } from "../../../ports/evidence.ts";
import type { Redactor } from "../../../ports/redactor.ts";
import { cleaned } from "./ask.ts";

const sample = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());
/** Samples that are histograms carry no value: they are unknown here. */
const vector = z.array(z.object({ metric: labels, value: sample.optional() }));
const matrix = z.array(z.object({ metric: labels, values: z.array(sample).default([]) }));

const data = z.discriminatedUnion("resultType", [
  z.object({ resultType: z.literal("vector"), result: vector }),
  z.object({ resultType: z.literal("matrix"), result: matrix }),
  z.object({ resultType: z.literal("scalar"), result: sample }),
]);
const answer = z.object({
  status: z.literal("success"),
  data,
  warnings: z.array(z.string()).max(1_000).default([]),
});

const warningsMax = 5;
const labelsMax = 64;
const labelMax = 256;

/** What the API answered, as evidence. All or nothing: an answer with more series than the limit is refused (I11). */
export function readAnswer(body: unknown, redactor: Redactor): EvidenceAnswer {
  const read = answer.safeParse(body);
  if (!read.success)
    throw new AdapterError("malformed", `the answer is none of Prometheus' API: ${firstIssue(read.error)}`);
  const found = seriesOf(read.data.data);
  if (found.length > evidenceLimits.seriesMax)
    throw new AdapterError(
      "too-much",
      `the answer has ${found.length} series, at most ${evidenceLimits.seriesMax} are looked at: aggregate in the query`,
    );
  const series = found.map(({ metric, values }) => clean(metric, values, redactor));
  const given = found.reduce((n, s) => n + Math.max(1, s.values.length), 0);
  return {
    series: series.filter((s) => s.points.length > 0),
    unknown: given - series.reduce((n, s) => n + s.points.length, 0),
    warnings: read.data.warnings.slice(0, warningsMax).map((w) => cleaned(w, redactor)),
  };
}

type Samples = readonly z.infer<typeof sample>[];
type Found = { readonly metric: Readonly<Record<string, string>>; readonly values: Samples };

function seriesOf(read: z.infer<typeof data>): readonly Found[] {
  if (read.resultType === "scalar") return [{ metric: {}, values: [read.result] }];
  if (read.resultType === "matrix") return read.result;
  return read.result.map(({ metric, value }) => ({ metric, values: value ? [value] : [] }));
}

function clean(metric: Readonly<Record<string, string>>, values: Samples, redactor: Redactor): MetricSeries {
  const kept = Object.entries(metric).slice(0, labelsMax);
  const text = (label: string): string => cleaned(label, redactor, labelMax);
  return {
    labels: Object.fromEntries(kept.map(([name, value]) => [text(name), text(value)])),
    points: values.flatMap(pointOf),
  };
}

/** `NaN`, `+Inf` and whatever is no number are unknown (B7). */
function pointOf([seconds, text]: z.infer<typeof sample>): MetricPoint[] {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const atMs = Math.round(seconds * 1_000);
  return Number.isFinite(value) && Number.isFinite(atMs) ? [{ atMs, value }] : [];
}

const firstIssue = ({ issues }: z.ZodError): string =>
  issues.slice(0, 1).map((i) => `${i.path.join(".") || "body"}: ${i.message}`)[0] ?? "";
