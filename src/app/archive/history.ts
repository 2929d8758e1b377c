import type { RedBucket } from "../../loop/detection/red.ts";
import { endOf } from "../../loop/keeping/thin-spans.ts";
import type { ArchiveReader, Found, History, RedStep } from "../../ports/archive.ts";
import type { TelemetryReader } from "../../ports/telemetry.ts";
import type { Archiving } from "./archiving.ts";
import { createHotRows } from "./hot-rows.ts";
import { memoryFromMs } from "./look-back.ts";

/** How often a read starts anew because something was written meanwhile; the last may give a row of that moment twice. */
const triesMax = 3;

/** Reads what waits in memory and what is in the archive as one. */
export function createHistory(archiving: Archiving, reader: TelemetryReader, heldFromMs: () => number): History {
  const hot = createHotRows(archiving);

  /** A row that goes from memory to the archive while we read is taken once. */
  async function both<R>(
    limit: number,
    timeOf: (row: R) => number,
    inMemory: () => readonly R[],
    archived: (archive: ArchiveReader) => Promise<Found<R>>,
  ): Promise<Found<R>> {
    for (let tries = 1; ; tries++) {
      const [writes, recent] = [archiving.writes(), inMemory()];
      const old = await fromArchive(archived);
      if (archiving.writes() !== writes && tries < triesMax) continue;
      const rows = [...old.rows, ...recent].toSorted((a, b) => timeOf(a) - timeOf(b));
      return { rows: rows.slice(-limit), cut: old.cut || rows.length > limit, missing: old.missing };
    }
  }

  async function fromArchive<R>(ask: (archive: ArchiveReader) => Promise<Found<R>>): Promise<Found<R>> {
    const archive = archiving.archive();
    if (archive) return ask(archive);
    const why = archiving.whyNone() || "it is not open yet";
    return { rows: [], cut: false, missing: [`the telemetry archive: ${why}`] };
  }

  return {
    points: (query) =>
      both(
        query.limit,
        (r) => r.timeMs,
        () => hot.points(query),
        (a) => a.points(query),
      ),
    logs: (query) =>
      both(
        query.limit,
        (r) => r.timeMs,
        () => hot.logs(query),
        (a) => a.logs(query),
      ),
    spans: (query) =>
      both(
        query.limit,
        endOf,
        () => hot.spans(query),
        (a) => a.spans(query),
      ),
    async redSteps(query) {
      const { environment, only, stepMs, limit, toMs } = query;
      const [service = ""] = query.services;
      const borderMs = memoryFromMs(archiving, heldFromMs());
      const old: Found<RedStep> =
        query.fromMs < borderMs
          ? await fromArchive((a) => a.redSteps({ ...query, toMs: Math.min(toMs, borderMs) }))
          : { rows: [], cut: false, missing: [] };
      const fromMs = Math.max(query.fromMs, borderMs);
      const recent =
        only?.type === "edge"
          ? await reader.edge({ from: service, to: only.other ?? "" }, environment, fromMs, toMs)
          : await reader.service(service, environment, fromMs, toMs);
      const rows = sumSteps(old.rows, recent, stepMs);
      return { rows: rows.slice(-limit), cut: old.cut || rows.length > limit, missing: old.missing };
    },
  };
}

/** Adds buckets of 5 s to steps; in order of time. */
function sumSteps(steps: readonly RedStep[], buckets: readonly RedBucket[], stepMs: number): RedStep[] {
  const sums = new Map(steps.map((step) => [step.startMs, step]));
  for (const bucket of buckets) {
    const startMs = Math.floor(bucket.startMs / stepMs) * stepMs;
    const known = sums.get(startMs);
    sums.set(startMs, {
      startMs,
      count: bucket.count + (known?.count ?? 0),
      errors: bucket.errors + (known?.errors ?? 0),
      ownErrors: bucket.ownErrors + (known?.ownErrors ?? 0),
      durationSumMs: bucket.durationSumMs + (known?.durationSumMs ?? 0),
      durations: bucket.durations.map((n, i) => n + (known?.durations[i] ?? 0)),
      seen: 1 + (known?.seen ?? 0),
    });
  }
  return [...sums.values()].toSorted((a, b) => a.startMs - b.startMs);
}
