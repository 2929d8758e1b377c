import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { quantileOf } from "../../loop/detection/duration-interval.ts";
import { bucketMs } from "../../loop/detection/red.ts";
import type { Found, History, RedStep } from "../../ports/archive.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Guard } from "./api.ts";

const hourMs = 3_600_000;
/** Steps of one chart, and rows of one answer, at most. */
const [stepsMax, rowsMax] = [2_000, 5_000];
/** Steps of a chart that does not say how long they are, about. */
const stepsUsual = 120;

const name = z.string().min(1).max(256);
const time = z.coerce.number().int().min(0).max(8.64e15);
const range = { from: time.optional(), to: time.optional() };
const limit = z.coerce.number().int().min(1).max(rowsMax).default(500);
const traceId = z.string().regex(/^[0-9a-f]{32}$/, "must be 32 lower-case hex digits");
const flag = z.enum(["true", "false"]).optional();

const redQuery = z.strictObject({
  service: name,
  environment: z.string().max(256),
  calls: name.optional(),
  stepMs: z.coerce.number().int().min(bucketMs).optional(),
  ...range,
});
const metricsQuery = z.strictObject({ service: name, environment: z.string().max(256), name, limit, ...range });
const rowQuery = {
  service: name.optional(),
  environment: z.string().max(256).optional(),
  traceId: traceId.optional(),
  limit,
  ...range,
};
const logsQuery = z.strictObject({ severity: z.coerce.number().int().min(0).max(24).optional(), ...rowQuery });
const spansQuery = z.strictObject({ errors: flag, ...rowQuery });

/** Telemetry for charts, under /api/v1/telemetry, with the scope `read`; docs/reference/api.md describes it. */
export function registerTelemetry(server: FastifyInstance, history: History, clock: Clock, guard: Guard): void {
  const reading = { onRequest: guard("read") };
  server.get("/api/v1/telemetry/red", reading, async (request) => {
    const { service, environment, calls, stepMs: wanted, ...given } = redQuery.parse(request.query);
    const { fromMs, toMs } = rangeOf(given, clock);
    const stepMs = wanted ?? usualStep(toMs - fromMs);
    if ((toMs - fromMs) / stepMs > stepsMax)
      throw invalid("stepMs", `must be at least ${usualStep(toMs - fromMs, stepsMax)} for this range`);
    const only = calls === undefined ? { type: "service" as const } : { type: "edge" as const, other: calls };
    // Steps begin at multiples of their length, so that all charts have the same.
    const from = Math.floor(fromMs / stepMs) * stepMs;
    const query = { services: [service], environment, only, stepMs, fromMs: from, toMs, limit: stepsMax + 1 };
    const { rows, cut, missing } = await history.redSteps(query);
    return { stepMs, steps: rows.map(shownStep), cut, missing };
  });
  server.get("/api/v1/telemetry/metrics", reading, async (request) => {
    const { from, to, ...query } = metricsQuery.parse(request.query);
    return answer("points", await history.points({ ...query, ...rangeOf({ from, to }, clock) }));
  });
  server.get("/api/v1/telemetry/logs", reading, async (request) => {
    const { from, to, severity, ...query } = logsQuery.parse(request.query);
    const severityMin = severity === undefined ? {} : { severityMin: severity };
    return answer("logs", await history.logs({ ...query, ...severityMin, ...rangeOf({ from, to }, clock) }));
  });
  server.get("/api/v1/telemetry/spans", reading, async (request) => {
    const { from, to, errors, ...query } = spansQuery.parse(request.query);
    const wanted = { ...query, errorsOnly: errors === "true", ...rangeOf({ from, to }, clock) };
    return answer("spans", await history.spans(wanted));
  });
}

const answer = <R>(rows: string, { rows: found, cut, missing }: Found<R>) => ({ [rows]: found, cut, missing });

/** The last hour, unless told otherwise; of a range with one end, an hour. */
function rangeOf(
  { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined },
  clock: Clock,
): { readonly fromMs: number; readonly toMs: number } {
  const toMs = to ?? (from === undefined ? clock.nowMs() : Math.min(clock.nowMs(), from + hourMs));
  const fromMs = from ?? toMs - hourMs;
  if (fromMs >= toMs) throw invalid("from", "must be before `to`, and in the past");
  return { fromMs, toMs };
}

const invalid = (member: string, message: string): z.ZodError =>
  new z.ZodError([{ code: "custom", path: [member], message, input: undefined }]);

/** Whole intervals, so that none is counted in two steps. */
const usualStep = (lengthMs: number, steps = stepsUsual): number =>
  Math.max(1, Math.ceil(lengthMs / steps / bucketMs)) * bucketMs;

const shownStep = ({ startMs, count, errors, ownErrors, durationSumMs, durations, seen }: RedStep) => ({
  startMs,
  count,
  errors,
  ownErrors,
  meanMs: count > 0 ? durationSumMs / count : null,
  p50Ms: count > 0 ? quantileOf(durations, 0.5) : null,
  p95Ms: count > 0 ? quantileOf(durations, 0.95) : null,
  p99Ms: count > 0 ? quantileOf(durations, 0.99) : null,
  seen,
});
