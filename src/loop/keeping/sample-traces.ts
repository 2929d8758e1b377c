import type { LogSignal, SpanSignal } from "../signal/signal.ts";
import { hashShare } from "./hash-share.ts";
import { endOf } from "./thin-spans.ts";

/** Whole traces of lately and the lines written meanwhile, sampled alike before and since. By the names telemetry uses or the care repo's. */
export interface RecentTraces {
  readonly spans: readonly SpanSignal[];
  readonly logs: readonly LogSignal[];
  /** Traces that touched the services, and how many of them are here. */
  readonly traces: { readonly all: number; readonly taken: number };
}

export interface TracesQuery {
  readonly environment: string;
  readonly services: ReadonlySet<string>;
  readonly fromMs: number;
  /** Traces of which anything ended later may lack spans that are still on their way: they are left out. */
  readonly toMs: number;
  /** Spans and lines at most (I11). */
  readonly spansMax: number;
  readonly logsMax: number;
}

/** What waits in memory; asked several times. */
export interface WaitingTelemetry {
  spans(): Iterable<SpanSignal>;
  logs(): Iterable<LogSignal>;
}

/** Chooses traces that touch some services, by the hash of their ids until there is no more room, so that slow ones are as likely as others. */
export function sampleTraces(waiting: WaitingTelemetry, query: TracesQuery): RecentTraces {
  const { environment, services, fromMs, toMs, spansMax } = query;
  const isOf = (span: SpanSignal): boolean => span.environment === environment && endOf(span) >= fromMs;
  const sizes = new Map<string, number>();
  const [touching, open] = [new Set<string>(), new Set<string>()];
  for (const span of waiting.spans()) {
    if (!isOf(span)) continue;
    sizes.set(span.traceId, (sizes.get(span.traceId) ?? 0) + 1);
    if (services.has(span.service)) touching.add(span.traceId);
    if (endOf(span) > toMs) open.add(span.traceId);
  }
  const all = [...touching].filter((id) => !open.has(id));
  const chosen = new Set<string>();
  let room = spansMax;
  for (const { id } of all.map((of) => ({ id: of, at: hashShare(of) })).toSorted((a, b) => a.at - b.at)) {
    room -= sizes.get(id) ?? 0;
    if (room < 0) break;
    chosen.add(id);
  }
  const spans: SpanSignal[] = [];
  for (const span of waiting.spans()) if (isOf(span) && chosen.has(span.traceId)) spans.push(span);
  return { spans, logs: sampleLogs(waiting, query, chosen, sizes), traces: { all: all.length, taken: chosen.size } };
}

/** Lines of the traces that were taken, and a fair share of those that belong to no trace that is known. */
function sampleLogs(
  waiting: WaitingTelemetry,
  { environment, services, fromMs, toMs, logsMax }: TracesQuery,
  chosen: ReadonlySet<string>,
  known: ReadonlyMap<string, number>,
): LogSignal[] {
  const isOf = (log: LogSignal): boolean =>
    log.environment === environment && services.has(log.service) && log.timeMs >= fromMs && log.timeMs <= toMs;
  const isTraced = ({ traceId }: LogSignal): boolean => traceId !== undefined && known.has(traceId);
  const isTaken = (log: LogSignal): boolean => !isTraced(log) || chosen.has(log.traceId ?? "");
  let many = 0;
  for (const log of waiting.logs()) if (isOf(log) && isTaken(log)) many++;
  const share = Math.min(1, logsMax / Math.max(1, many));
  const logs: LogSignal[] = [];
  for (const log of waiting.logs())
    if (isOf(log) && isTaken(log) && (share === 1 || hashShare(log.traceId ?? `${log.timeMs} ${log.body}`) < share))
      logs.push(log);
  return logs.slice(0, logsMax);
}
