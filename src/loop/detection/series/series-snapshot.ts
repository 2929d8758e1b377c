import { createSeason } from "./season.ts";
import { createSeriesDetector, windowPoints, type SeriesDetector } from "./series-detector.ts";

/** A detector as JSON, exact to the last bit: arrays of numbers as base64 of their bytes, numbers that JSON has not as words. */
export interface SeriesSnapshot {
  readonly v: 1;
  readonly state: Written;
}

type Written = number | string | boolean | { readonly [key: string]: Written };
type State = number | boolean | Float64Array | { [key: string]: State };

export const snapshotSeries = (detector: SeriesDetector): SeriesSnapshot => ({
  v: 1,
  state: write(detector as unknown as State),
});

/** The detector as it was; undefined when the snapshot is of another version or broken, then a new one has to learn anew. */
export function restoreSeries({ v, state }: SeriesSnapshot): SeriesDetector | undefined {
  if ((v as number) !== 1 || typeof state !== "object" || state === null) return undefined;
  const detector = createSeriesDetector();
  if (state["season"] !== undefined) detector.season = createSeason(windowPoints);
  return read(detector as unknown as State, state) === undefined ? undefined : detector;
}

function write(state: State): Written {
  if (state instanceof Float64Array)
    return Buffer.from(state.buffer, state.byteOffset, state.byteLength).toString("base64");
  if (typeof state === "number") return Number.isFinite(state) ? state : String(state);
  if (typeof state === "boolean") return state;
  const entries = Object.entries(state).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.map(([key, part]) => [key, write(part)]));
}

/** What was written, in the shape of `fresh`, whose arrays and objects it fills; undefined when it has another shape. */
function read(fresh: State, written: Written | undefined): State | undefined {
  if (fresh instanceof Float64Array) return readArray(fresh, written);
  if (typeof fresh === "boolean") return typeof written === "boolean" ? written : undefined;
  if (typeof fresh === "number") return readNumber(written);
  if (typeof written !== "object" || written === null) return undefined;
  for (const [key, part] of Object.entries(fresh)) {
    if (part === undefined) continue;
    const value = read(part, written[key]);
    if (value === undefined) return undefined;
    if (typeof value !== "object") fresh[key] = value;
  }
  return fresh;
}

function readNumber(written: Written | undefined): number | undefined {
  if (typeof written === "number") return written;
  return typeof written === "string" && /^(NaN|-?Infinity)$/.test(written) ? Number(written) : undefined;
}

function readArray(fresh: Float64Array, written: Written | undefined): Float64Array | undefined {
  if (typeof written !== "string") return undefined;
  const bytes = Buffer.from(written, "base64");
  if (bytes.length !== fresh.byteLength) return undefined;
  new Uint8Array(fresh.buffer, fresh.byteOffset, fresh.byteLength).set(bytes);
  return fresh;
}
