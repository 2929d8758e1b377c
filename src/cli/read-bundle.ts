import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import type { Recording } from "../loop/diagnosis/rank/recording.ts";
import { templatesOf } from "../loop/diagnosis/rank/template-lines.ts";
import { bundleFiles, changeSchema, incidentSchema, logSchema, spanSchema } from "./bundle/bundle-files.ts";
import { createNotes, type Notes } from "./bundle/notes.ts";
import { readCalls } from "./bundle/read-calls.ts";
import { badFile, readJson, readJsonLines, type Known } from "./bundle/read-json.ts";
import { noteDimensions, readMetrics } from "./bundle/read-metrics.ts";
import { CommandError, exitCode } from "./exit.ts";

export interface Bundle {
  readonly recording: Recording;
  /** What of it was not understood, a line each. */
  readonly notUnderstood: readonly string[];
}

const lineMembers = (schema: { readonly shape: object }): Known => ({ "": Object.keys(schema.shape) });
const incidentMembers: Known = { "": Object.keys(incidentSchema.shape), symptoms: ["place", "dimension"] };

/**
 * Reads a folder of what was recorded around an incident, all of it optional but for some series, spans or logs: `metrics.csv` (time, then
 * columns `PLACE/DIMENSION`), `calls.csv` (from, to), `spans.jsonl`, `logs.jsonl`, `changes.jsonl` and `incident.json` (when it began and
 * ended, and where it shows). What cannot be read ends it, with the file and the line; what is not understood is told.
 */
export async function readBundle(folder: string): Promise<Bundle> {
  const notes = createNotes();
  const at = (file: (typeof bundleFiles)[number]): string => join(folder, file);
  await noteFiles(folder, notes);
  // One after the other, so that what is told of them always comes in the same order.
  const series = await readMetrics(at("metrics.csv"), notes);
  const calls = await readCalls(at("calls.csv"));
  const spans = await readJsonLines(at("spans.jsonl"), spanSchema, lineMembers(spanSchema), notes);
  const lines = await readJsonLines(at("logs.jsonl"), logSchema, lineMembers(logSchema), notes);
  const changes = await readJsonLines(at("changes.jsonl"), changeSchema, lineMembers(changeSchema), notes);
  const about = await readJson(at("incident.json"), incidentSchema, incidentMembers, notes);
  const logs = templated(lines);
  const times = [...series.flatMap((s) => s.timesMs), ...spans.map((s) => s.endMs), ...logs.map((l) => l.timeMs)];
  if (times.length === 0)
    throw new CommandError(
      exitCode.notFound,
      [
        `\`${folder}\` holds none of metrics.csv, spans.jsonl and logs.jsonl with anything in it`,
        ...notes.all().map((note) => `  ${note}`),
      ].join("\n"),
    );
  const latestMs = times.reduce((a, b) => Math.max(a, b));
  for (const [file, of] of [
    ["spans.jsonl", spans.map((s) => s.endMs)],
    ["logs.jsonl", logs.map((l) => l.timeMs)],
    ["changes.jsonl", changes.map((c) => c.timeMs)],
  ] as const)
    mustBeMilliseconds(at(file), of, latestMs);
  const toMs = about?.to ?? times.reduce((a, b) => Math.max(a, b));
  if (about?.from !== undefined) mustBeWithin(at("incident.json"), about.from, times, toMs);
  const recorded = new Set([...series, ...spans, ...logs].map((s) => s.place));
  const ids = new Set([...recorded, ...changes.map((c) => c.place), ...calls.flatMap((c) => [c.from, c.to])]);
  const recording: Recording = {
    places: [...ids].map((id) => ({ id })),
    calls,
    series,
    spans: spans.map(({ parentId, ...s }) => ({ ...s, ...(parentId === undefined ? {} : { parentId }) })),
    logs,
    changes,
    symptoms: (about?.symptoms ?? []).map(({ place, dimension }) => ({ place, ...(dimension ? { dimension } : {}) })),
    window: { toMs, ...(about?.from === undefined ? {} : { fromMs: about.from }) },
  };
  notePlaces(at, recording, recorded, notes);
  noteDimensions(at("metrics.csv"), recording, notes);
  return { recording, notUnderstood: notes.all() };
}

/** Files with names that are nearly those of a bundle's, or of their kinds. */
async function noteFiles(folder: string, notes: Notes): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(exitCode.notFound, `cannot read the folder \`${folder}\`: ${error.code ?? error.message}`);
  });
  const absent = bundleFiles.filter((file) => !names.includes(file));
  for (const name of names.toSorted())
    if (/[.](csv|jsonl?|ndjson|gz)$/i.test(name) && !bundleFiles.includes(name as never))
      notes.unknown(join(folder, name), "the file is not read", name, absent);
}

/** Places that nothing was recorded of: a called one may be silent, a symptom's is a slip. */
function notePlaces(
  at: (file: (typeof bundleFiles)[number]) => string,
  { calls, changes, symptoms = [], series }: Recording,
  recorded: ReadonlySet<string>,
  notes: Notes,
): void {
  const known = [...recorded];
  const nothing = (place: string): string => `nothing is recorded of \`${place.slice(0, 100)}\``;
  for (const place of new Set(calls.flatMap((c) => [c.from, c.to])))
    if (!recorded.has(place)) notes.unknown(at("calls.csv"), nothing(place), place, known);
  for (const { place } of changes)
    if (!recorded.has(place)) notes.unknown(at("changes.jsonl"), nothing(place), place, known);
  for (const { place, dimension } of symptoms) {
    if (!recorded.has(place)) notes.unknown(at("incident.json"), nothing(place), place, known);
    const own = series.filter((s) => s.place === place).map((s) => s.dimension);
    if (dimension !== undefined && own.length > 0 && !own.includes(dimension))
      notes.unknown(at("incident.json"), `\`${place}\` has no \`${dimension.slice(0, 100)}\``, dimension, own);
  }
}

/** Seconds beside milliseconds would be of 1970, and say nothing. */
function mustBeMilliseconds(file: string, times: readonly number[], latestMs: number): void {
  const ownMs = times.reduce((a, b) => Math.max(a, b), -Infinity);
  if (times.length === 0 || ownMs > latestMs / 100) return;
  const dated = (ms: number): string => new Date(ms).toISOString();
  throw badFile(
    file,
    1,
    "its times",
    `they end ${dated(ownMs)} and all others ${dated(latestMs)}; numbers are milliseconds`,
  );
}

/** A beginning outside of what was recorded is a slip of unit or zone: it would leave nothing to compare, or nothing to look at. */
function mustBeWithin(file: string, fromMs: number, times: readonly number[], toMs: number): void {
  const firstMs = times.reduce((a, b) => Math.min(a, b));
  const dated = (ms: number): string => new Date(ms).toISOString();
  if (fromMs >= firstMs && fromMs <= toMs) return;
  const why = `${dated(fromMs)} is not between the first of what was recorded, ${dated(firstMs)}, and its end, ${dated(toMs)}`;
  throw badFile(file, 1, "`from`", `${why}; numbers are milliseconds`);
}

function templated(lines: readonly z.infer<typeof logSchema>[]): Recording["logs"] {
  const templates = templatesOf(lines);
  return lines.map(({ place, timeMs, spanId }, i) => ({
    place,
    timeMs,
    template: templates[i] ?? "",
    ...(spanId === undefined ? {} : { spanId }),
  }));
}
