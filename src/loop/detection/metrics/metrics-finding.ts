import { digestOf } from "../../../kernel/digest.ts";
import { clock } from "../describe.ts";
import type { Finding } from "../finding.ts";
import type { SeriesScore } from "../series/series-score.ts";
import type { MetricClass } from "./metric-class.ts";

/** A stream that is unusual, and since which of its points that is known. */
export interface OddStream {
  readonly label: string;
  readonly unit: string;
  readonly kind: MetricClass;
  readonly score: SeriesScore;
  readonly atMs: number;
}

/** The finding about streams of one service that are unusual together, the worst first. */
export function metricsFinding(
  { service, environment }: { readonly service: string; readonly environment: string },
  streams: readonly OddStream[],
  state: Finding["state"],
  sinceMs: number,
  atMs: number,
): Finding {
  const [worst] = streams;
  return {
    id: `${service}/metrics@${environment}`,
    service,
    environment,
    dimension: "metrics",
    state,
    ...seenIn(worst),
    unit: worst?.unit || "1",
    unusualness: worst?.score.unusualness ?? 0,
    sinceMs,
    atMs,
    agreeing: [],
    telemetry: digestOf(streams.map((o) => [o.label, o.atMs, o.score.explanation ?? null])),
    ...(worst ? { subject: worst.label } : {}),
    summary:
      state === "firing"
        ? `${service}: ${summary(streams)} since ${clock(sinceMs)}: ${streams.slice(0, 3).map(toldStream).join("; ")}`
        : `${service}: metrics as usual again, were unusual since ${clock(sinceMs)}`,
  };
}

function seenIn(worst: OddStream | undefined): Pick<Finding, "direction" | "expected" | "observed"> {
  const explanation = worst?.score.explanation;
  if (!explanation) return { direction: "above", expected: null, observed: 0 };
  const { observed, expected } = explanation;
  return { direction: observed < expected.mid ? "below" : "above", expected, observed };
}

function summary(streams: readonly OddStream[]): string {
  const kinds = [...Map.groupBy(streams, (o) => o.kind)].map(([kind, all]) => `${kind} ${all.length}`);
  return `${streams.length} metrics unusual together (${kinds.toSorted().join(", ")})`;
}

/** What is seen of a stream, what is usual, and how it looks. */
export function toldStream({ label, unit, score }: OddStream): string {
  const e = score.explanation;
  if (!e) return label;
  return `${label} ${amount(e.observed)}${unit ? ` ${unit}` : ""}, usually ${amount(e.expected.low)} to ${amount(e.expected.high)} (${e.kind})`;
}

const amount = (value: number): string => String(Number(value.toPrecision(3)));
