import { cutText } from "../../kernel/cut-text.ts";
import { digestOf } from "../../kernel/digest.ts";
import { clock } from "./describe.ts";
import type { Finding } from "./finding.ts";
import { expectedSince, stepMs, type LogShape } from "./log-shape.ts";
import { expectedCount, rateAbove } from "./rate-baseline.ts";
import { describeSlots } from "./templates/describe-slots.ts";
import { templateText } from "./templates/log-template.ts";

/** Characters of a template shown. */
export const textMax = 200;

interface Place {
  readonly service: string;
  readonly environment: string;
}

/** What is to say about an odd shape, or one that was odd until now: what came, what was expected, since when. */
export function logFinding({ service, environment }: Place, shape: LogShape, nowMs: number): Finding {
  const text = cutText(templateText(shape.template).toWellFormed(), textMax);
  return {
    id: `${service}/logs/${shape.template.id.slice(0, 8)}@${environment}`,
    service,
    environment,
    dimension: "logs",
    state: shape.firing ? "firing" : "cleared",
    ...measured(shape, nowMs),
    sinceMs: shape.sinceMs,
    atMs: shape.firing && shape.oddity !== "gone" ? shape.lastMs : nowMs,
    agreeing: [],
    telemetry: digestOf({ service, environment, template: text, lines: shape.total, sinceMs: shape.sinceMs }),
    subject: text,
    summary: `${service}: ${shape.firing ? told(shape, text, nowMs) : cleared(shape, text)}`,
  };
}

type Measured = Pick<Finding, "direction" | "expected" | "observed" | "unit" | "unusualness">;

function measured(shape: LogShape, nowMs: number): Measured {
  const { rate, count, oddity } = shape;
  const unit = `lines in ${stepMs / 1000} s`;
  if (oddity === "new") return { direction: "present", expected: null, observed: count, unit, unusualness: 1 };
  if (oddity === "often")
    return {
      direction: "above",
      expected: expectedCount(rate, 1),
      observed: count,
      unit,
      unusualness: 1 - rateAbove(rate, count, 1),
    };
  const mid = expectedSince(shape, nowMs);
  const spread = 3 * Math.sqrt(mid * rate.dispersion);
  const expected = { low: Math.max(0, mid - spread), mid, high: mid + spread };
  return { direction: "absent", expected, observed: 0, unit: "lines since the last", unusualness: 1 };
}

function told(shape: LogShape, text: string, nowMs: number): string {
  const values = describeSlots(shape.template).toWellFormed();
  const end = `${text}${values === "" ? "" : ` (${values})`}`;
  if (shape.oddity === "gone")
    return `a line that is regular stopped in its log, none since ${clock(shape.sinceMs)} where ${expectedSince(shape, nowMs).toFixed(0)} are usual: ${end}`;
  const kind = shape.oddity === "new" ? "a new kind of error" : "suddenly often";
  return `${kind} in its log, ${shape.total} lines since ${clock(shape.sinceMs)}: ${end}`;
}

function cleared(shape: LogShape, text: string): string {
  if (shape.oddity !== "gone") return `quiet again in its log, was odd since ${clock(shape.sinceMs)}: ${text}`;
  if (shape.lastMs > shape.sinceMs) return `comes again in its log, was missed since ${clock(shape.sinceMs)}: ${text}`;
  return `not known any more whether it is missing in its log: ${text}`;
}
