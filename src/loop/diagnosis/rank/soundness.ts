import type { Recording } from "./recording.ts";

/** How much of its sharpness confidence keeps where harm is seen and calls are not, and where lines name spans that are not there. */
const withoutCalls = 0.5;
const withoutSpans = 0.75;

/**
 * How far what was recorded can be trusted to show where it started, 0 to 1. Without calls all who wait for somebody look as guilty as that one;
 * where lines name spans that were not recorded, what these would have shown is known to be missing. Fitted with `confidence.ts`.
 */
export function soundnessOf({ series, calls, spans, logs }: Recording): number {
  const harmed = series.some((s) => s.dimension === "latency" || s.dimension === "errors");
  const isWithoutCalls = harmed && calls.length === 0 && spans.length === 0;
  const isWithoutSpans = spans.length === 0 && logs.some((l) => l.spanId !== undefined);
  return (isWithoutCalls ? withoutCalls : 1) * (isWithoutSpans ? withoutSpans : 1);
}
