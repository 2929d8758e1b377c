import type { SpanRow } from "../../loop/keeping/row.ts";
import type { Found, History } from "../../ports/archive.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Spans of one answer (I11). */
const spansMax = 5_000;
/** Where it is looked for, one after the other: what is asked for is mostly of today, and looking through all the archive takes longer. */
const withinMs = [hourMs, dayMs, Infinity] as const;
/** Spans this near to the begin of where was looked may be the end of a trace that began before. */
const edgeMs = 10 * 60_000;

/** All spans of a trace, in memory or in the archive: within what is asked for, else wherever they are. */
export async function findTrace(
  history: Pick<History, "spans">,
  traceId: string,
  asked: { readonly from?: number | undefined; readonly to?: number | undefined },
  nowMs: number,
): Promise<Found<SpanRow>> {
  const toMs = asked.to ?? nowMs + hourMs;
  const ask = (fromMs: number) => history.spans({ traceId, fromMs, toMs, limit: spansMax });
  if (asked.from !== undefined || asked.to !== undefined) return ask(asked.from ?? 0);
  let missing: readonly string[] = [];
  for (const within of withinMs) {
    const fromMs = Math.max(0, nowMs - within);
    const found = await ask(fromMs);
    missing = [...new Set([...missing, ...found.missing])];
    const isWhole = found.rows.length > 0 && found.rows.every((row) => row.startMs - fromMs > edgeMs);
    if (isWhole || fromMs === 0) return { ...found, missing };
  }
  return { rows: [], cut: false, missing };
}
