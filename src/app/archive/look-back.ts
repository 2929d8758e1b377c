import type { RedBucket } from "../../loop/detection/red.ts";
import { minuteMs, minuteOf } from "../../loop/keeping/keeping.ts";
import { spreadRow } from "../../loop/keeping/roll-up-buckets.ts";
import { AdapterError } from "../../ports/adapter-error.ts";
import type { ArchiveReader, RedQuery } from "../../ports/archive.ts";
import type { TelemetryReader } from "../../ports/telemetry.ts";
import type { Archiving } from "./archiving.ts";

/** Archived rows read for gates and diagnosis at one time (I11). */
const rowsMax = 5_000;

/**
 * Where the archive ends and memory begins, ms. Minutes that memory holds only in part, and that are in the archive, are the archive's;
 * buckets of an earlier life of this process end where memory begins. Nothing of this life is archived beyond what is settled, and of an
 * earlier one nothing beyond the minute in which this one began.
 */
export function memoryFromMs(archiving: Archiving, heldFromMs: number): number {
  const settledMs = archiving.redSettledMs();
  const wholeFromMs = minuteOf(heldFromMs + minuteMs - 1);
  return wholeFromMs <= settledMs ? wholeFromMs : Math.min(heldFromMs, settledMs + minuteMs);
}

/**
 * The same reader, that goes on beyond what memory holds. There a minute was rolled up: its sums are spread over the intervals that were
 * seen. When the archive cannot be asked, what it holds is absent, which is unknown (B7).
 */
export function lookBack(reader: TelemetryReader, archiving: Archiving, heldFromMs: () => number): TelemetryReader {
  async function joined(query: Omit<RedQuery, "limit">, exact: Promise<RedBucket[]>): Promise<RedBucket[]> {
    const toMs = Math.min(query.toMs, memoryFromMs(archiving, heldFromMs()));
    const archive = archiving.archive();
    if (!archive || query.fromMs >= toMs) return exact;
    return filledUp(await exact, await archivedBuckets(archive, query, toMs));
  }

  return {
    service: (service, environment, fromMs, toMs) =>
      joined(
        { environment, services: [service], only: { type: "service" }, fromMs, toMs },
        reader.service(service, environment, fromMs, toMs),
      ),
    edge: (edge, environment, fromMs, toMs) =>
      joined(
        { environment, services: [edge.from], only: { type: "edge", other: edge.to }, fromMs, toMs },
        reader.edge(edge, environment, fromMs, toMs),
      ),
    all: (services, environment, fromMs, toMs) =>
      joined({ environment, services, fromMs, toMs }, reader.all(services, environment, fromMs, toMs)),
    edges: (environment, withinMs) => reader.edges(environment, withinMs),
  };
}

/** What memory and the shared windows know is exact; the archive says the rest. */
function filledUp(exact: readonly RedBucket[], archived: readonly RedBucket[]): RedBucket[] {
  const keyOf = (b: RedBucket): string => `${b.startMs} ${b.series}`;
  const known = new Set(exact.map(keyOf));
  return [...exact, ...archived.filter((b) => !known.has(keyOf(b)))].toSorted(
    (a, b) => a.startMs - b.startMs || (a.series < b.series ? -1 : 1),
  );
}

async function archivedBuckets(
  archive: ArchiveReader,
  query: Omit<RedQuery, "limit">,
  toMs: number,
): Promise<RedBucket[]> {
  const found = await archive
    .red({ ...query, fromMs: minuteOf(query.fromMs), toMs, limit: rowsMax })
    .catch((error: unknown) => {
      if (error instanceof AdapterError) return undefined;
      throw error;
    });
  return (found?.rows ?? []).flatMap(spreadRow).filter((b) => b.startMs >= query.fromMs && b.startMs < toMs);
}
