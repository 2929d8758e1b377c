import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { oneLine } from "../../kernel/one-line.ts";
import { growingMs } from "../../loop/detection/traces/compare-operations.ts";
import { stepMs } from "../../loop/detection/traces/operation-times.ts";
import { outlineOf } from "../../loop/detection/traces/trace-outline.ts";
import type { History } from "../../ports/archive.ts";
import type { Clock } from "../../ports/clock.ts";
import type { TraceReader } from "../../ports/traces.ts";
import { HttpRefusal } from "../auth.ts";
import type { Guard } from "./api.ts";
import { findTrace } from "./find-trace.ts";
import { shownOperations } from "./shown-operations.ts";

const minuteMs = 60_000;
/** Asked for when nothing else is said, and at most: no more is kept. */
const [usualMs, mostMs] = [5 * minuteMs, 30 * minuteMs];
/** Exemplars of one answer (I11). */
const exemplarsMax = 500;
const namedMax = 10;

const time = z.coerce.number().int().min(0).max(8.64e15);
const operationsQuery = z.strictObject({
  service: z.string().min(1).max(256),
  environment: z.string().max(256).optional(),
  lastMs: z.coerce.number().int().min(stepMs).max(mostMs).default(usualMs),
  limit: z.coerce.number().int().min(1).max(exemplarsMax).default(50),
});
const traceQuery = z.strictObject({ from: time.optional(), to: time.optional() });
const traceForm = /^[0-9a-f]{32}$/;

/** What whole traces tell, under /api/v1/telemetry, with the scope `read`; docs/reference/api.md describes it. */
export function registerTraces(
  server: FastifyInstance,
  traces: TraceReader,
  history: Pick<History, "spans">,
  clock: Clock,
  guard: Guard,
): void {
  const reading = { onRequest: guard("read") };
  server.get("/api/v1/telemetry/operations", reading, (request) => {
    const { service, environment: asked, lastMs, limit } = operationsQuery.parse(request.query);
    const environment = environmentOf(traces, service, asked);
    // Whole steps, of traces that are whole.
    const toMs = Math.floor((clock.nowMs() - growingMs) / stepMs) * stepMs;
    return shownOperations(traces, service, environment, toMs - Math.ceil(lastMs / stepMs) * stepMs, toMs, limit);
  });
  server.get("/api/v1/telemetry/traces/:id", reading, async (request) => {
    const { from, to } = traceQuery.parse(request.query);
    const traceId = (request.params as { id: string }).id.toLowerCase();
    if (!traceForm.test(traceId)) throw invalid("trace", "must be 32 hex digits, as `homeostat traces` lists them");
    const { rows, cut, missing } = await findTrace(history, traceId, { from, to }, clock.nowMs());
    const outline = outlineOf(rows);
    if (outline) return { traceId, ...outline, cut, missing };
    const unknown = missing.length > 0;
    const why = unknown ? `, and this could not be looked at: ${missing.slice(0, namedMax).join("; ")}` : "";
    throw new HttpRefusal(unknown ? 503 : 404, `no span of the trace \`${traceId}\` is in memory or the archive${why}`);
  });
}

/** The environment that was asked for, or the only one the service is known in. */
function environmentOf(traces: TraceReader, service: string, asked: string | undefined): string {
  const known = traces.services().filter((s) => s.service === service);
  const found = asked === undefined ? known : known.filter((s) => s.environment === asked);
  // Who sends without an environment is asked for by its empty name, and is in nobody's way.
  const named = found.filter((s) => s.environment !== "");
  const [only] = named.length === 1 ? named : found;
  if (only && (found.length === 1 || named.length === 1)) return only.environment;
  const names = known
    .slice(0, namedMax)
    .map((s) => (s.environment === "" ? "(no environment)" : `\`${s.environment}\``));
  if (found.length > 1) throw invalid("environment", `say which, it is traced in ${names.join(", ")}`);
  const where = names.length > 0 ? `; it is in ${names.join(", ")}` : "";
  const what = `\`${said(service)}\`${asked === undefined ? "" : ` in \`${said(asked)}\``}`;
  throw new HttpRefusal(404, `of ${what} this controller was sent no trace within the last 30 minutes${where}`);
}

const said = (text: string): string => oneLine(text.slice(0, 80));

const invalid = (member: string, message: string): z.ZodError =>
  new z.ZodError([{ code: "custom", path: [member], message, input: undefined }]);
