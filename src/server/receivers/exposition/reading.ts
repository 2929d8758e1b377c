import type { MetricSignal } from "../../../loop/signal/signal.ts";
import type { ExposedSample } from "./sample-line.ts";

/** A value before it is a signal: what it belongs to, and what it is. */
export interface Measured {
  readonly labels: ExposedSample["labels"];
  readonly timeMs: number | undefined;
  readonly value: MetricSignal["value"];
}

/** Values of a family, and how many samples gave none, and why. */
export interface Reading {
  readonly measured: readonly Measured[];
  readonly rejected: number;
  readonly why: string;
}

/** When each series began, ms, by its labels; 0 when the target does not say. */
export function createdOf(
  family: string,
  samples: readonly ExposedSample[],
): (labels: ExposedSample["labels"]) => number {
  const began = new Map(
    samples.flatMap((s) =>
      s.name === `${family}_created` && Number.isFinite(s.value) && s.value > 0
        ? [[seriesKeyOf(s.labels), Math.round(s.value * 1_000)] as const]
        : [],
    ),
  );
  return (labels) => (began.size === 0 ? 0 : (began.get(seriesKeyOf(labels)) ?? 0));
}

export const seriesKeyOf = (labels: ExposedSample["labels"]): string =>
  JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)));
