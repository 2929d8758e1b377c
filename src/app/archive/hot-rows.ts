import type { LogRow, PointRow, SpanRow } from "../../loop/keeping/row.ts";
import { endOf } from "../../loop/keeping/thin-spans.ts";
import type { LogQuery, PointQuery, SpanQuery, TimeRange } from "../../ports/archive.ts";
import type { Archiving } from "./archiving.ts";

/** Rows in memory that a query asks for, oldest first, and whether there were more. Ranges as in `TimeRange`. */
export interface HotRows {
  points(query: PointQuery): PointRow[];
  logs(query: LogQuery): LogRow[];
  spans(query: SpanQuery): SpanRow[];
}

export function createHotRows(archiving: Pick<Archiving, "room" | "unwritten">): HotRows {
  function* all<R>(waiting: Iterable<R>, unwritten: (tier: "whole" | "thinned") => readonly R[]): Iterable<R> {
    yield* waiting;
    yield* unwritten("whole");
    yield* unwritten("thinned");
  }
  const { room, unwritten } = archiving;
  return {
    points: (query) =>
      choose(
        all(room.points(), (tier) => unwritten()[tier].points),
        query,
        (r) => r.timeMs,
        (r) => is(query.environment, r.environment) && is(query.service, r.service) && is(query.name, r.name),
      ),
    logs: (query) =>
      choose(
        all(room.logs(), (tier) => unwritten()[tier].logs),
        query,
        (r) => r.timeMs,
        (r) => isOf(query, r) && r.severity >= (query.severityMin ?? 0),
      ),
    spans: (query) =>
      choose(
        all(room.spans(), (tier) => unwritten()[tier].spans),
        query,
        endOf,
        (r) => isOf(query, r) && (query.errorsOnly !== true || r.error),
      ),
  };
}

const is = (wanted: string | undefined, found: string | undefined): boolean => wanted === undefined || wanted === found;

const isOf = (
  query: { readonly environment?: string; readonly service?: string; readonly traceId?: string },
  row: { readonly environment: string; readonly service: string; readonly traceId?: string },
): boolean =>
  is(query.environment, row.environment) && is(query.service, row.service) && is(query.traceId, row.traceId);

/** The newest that fit, oldest first, and one more where there are more, so that it shows. */
function choose<R>(
  rows: Iterable<R>,
  { fromMs, toMs, limit }: TimeRange,
  timeOf: (row: R) => number,
  matches: (row: R) => boolean,
): R[] {
  let chosen: R[] = [];
  const newest = (): R[] => chosen.toSorted((a, b) => timeOf(a) - timeOf(b)).slice(-(limit + 1));
  for (const row of rows) {
    const timeMs = timeOf(row);
    if (timeMs >= fromMs && timeMs < toMs && matches(row)) chosen.push(row);
    if (chosen.length > 4 * (limit + 1)) chosen = newest();
  }
  return newest();
}
