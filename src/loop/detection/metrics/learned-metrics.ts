import type { LearnedPart, LearnedState, Restoring } from "../learned/learned-part.ts";
import { numberIn, partOf, readInto, write } from "../learned/written.ts";
import { restoreSeries, snapshotSeries } from "../series/series-snapshot.ts";
import type { SeriesDetector } from "../series/series-detector.ts";
import { noPast } from "./metric-value.ts";
import type { MetricStream, StreamName } from "./metric-stream.ts";

/** A season of a week is still one after a week. */
const usefulMs = 7 * 24 * 3_600_000;
/** What was read back and is not heard of for so long makes room. */
const awaitedMs = 10 * 60_000;
/** Fewer points than this tell nothing that would not be learned again at once. */
const pointsMin = 24;

type Open = (id: number, name: StreamName, nowMs: number, detector: SeriesDetector) => MetricStream | undefined;

/** What is known of every stream of metrics. Which of them are odd together right now is not kept: it shows again. */
export const learnedMetrics = (
  streams: ReadonlyMap<number, MetricStream>,
  open: Open,
  idleMs: number,
): LearnedPart => ({
  kind: "metric",
  format: 1,
  usefulMs,
  size: () => streams.size,
  *written(sinceMs) {
    for (const [id, stream] of streams)
      if (stream.heardMs >= sinceMs && stream.detector.points >= pointsMin) yield stateOf(id, stream);
  },
  restore(state, nowMs): Restoring {
    const id = numberIn(state, "id") ?? Number.NaN;
    const detector = restoreSeries(partOf(state, "series"));
    const [name, past] = [{ service: "", environment: "", name: "", unit: "", label: "" }, noPast()];
    const read = readInto(name, partOf(state, "name")) && readInto(past, partOf(state, "past"));
    if (!read || !detector || !Number.isSafeInteger(id)) return "damaged";
    const stream = streams.has(id) ? undefined : open(id, name, nowMs, detector);
    if (!stream) return "no room";
    Object.assign(stream.past, past);
    stream.settling = Infinity;
    stream.heardMs = nowMs - idleMs + awaitedMs;
    return "restored";
  },
});

const stateOf = (id: number, { name, past, detector }: MetricStream): LearnedState => ({
  stream: String(id),
  state: { id, name: write(name), past: write(past), series: { ...snapshotSeries(detector) } },
});
