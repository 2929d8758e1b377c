import { timely } from "../detection/timely.ts";
import type { LogSignal, MetricSignal, SpanSignal, TelemetrySignal } from "../signal/signal.ts";
import { createDecidedRows, type DecidedRows, type Fate, type WaitingKind } from "./decided-rows.ts";
import type { Keeping } from "./keeping.ts";
import { createMinuteQueue, type MinuteQueue } from "./minute-queue.ts";
import { createMinuteSeries, usualSeries, type CrowdedMetric, type SeriesLimits } from "./minute-series.ts";
import { pointRow } from "./roll-up-points.ts";
import { logBytes, pointBytes, spanBytes } from "./row-bytes.ts";
import type { Batch, LogRow, PointRow, SpanRow } from "./row.ts";
import { createLogThinning } from "./thin-logs.ts";
import type { WaitingTelemetry } from "./sample-traces.ts";
import { createSpanThinning, endOf, type Wanted } from "./thin-spans.ts";

export interface RoomLimits extends SeriesLimits {
  /** What may wait of each kind, bytes as estimated. When it is more, some of the oldest minute is decided early. */
  readonly bytesMax: number;
  /** What rows that are decided and not yet taken over may take up; more are dropped and counted. */
  readonly decidedBytesMax: number;
}

/** Signals decided early at one time: so that nothing else has to wait for long. */
const pieceMax = 2_000;

const usual: RoomLimits = { ...usualSeries, bytesMax: 64 * 1024 * 1024, decidedBytesMax: 128 * 1024 * 1024 };

/**
 * Telemetry on its way into the archive. It waits until it is known whether an incident wants it whole, and then each minute of it is
 * decided. Everything is bounded (I11): under more than there is room for, minutes are decided early, that is thinned, and only
 * when that is not enough something is dropped.
 */
export interface WaitingRoom {
  take(signals: readonly TelemetrySignal[], nowMs: number): void;
  /** Decides what is of one kind of the minutes that ended by then. */
  decide(kind: WaitingKind, endedByMs: number): void;
  /** All that is decided. */
  takeDecided(): Batch;
  /** What waits, as if all of it were kept, and what is decided. */
  points(): Iterable<PointRow>;
  logs(): Iterable<LogRow>;
  spans(): Iterable<SpanRow>;
  /** What waits as it came, nothing of its time left out but for lack of room. */
  readonly waiting: WaitingTelemetry;
  stats(): RoomStats;
}

export interface RoomStats {
  readonly fates: Readonly<Record<WaitingKind, Readonly<Fate>>>;
  /** What waits takes up, estimated. */
  readonly bytes: number;
  /** Signals that were decided early, for lack of room. */
  readonly early: number;
  readonly series: number;
  readonly crowdedPoints: number;
  readonly worst: CrowdedMetric | undefined;
}

/** `wanted`: traces that are kept also where no incident is near. */
export function createWaitingRoom(
  keeping: () => Keeping,
  given: Partial<RoomLimits> = {},
  wanted?: Wanted,
): WaitingRoom {
  const limits = { ...usual, ...given };
  const points = createMinuteQueue<MetricSignal>();
  const logs = createMinuteQueue<LogSignal>();
  const spans = createMinuteQueue<SpanSignal>();
  const series = createMinuteSeries(limits);
  const decided = createDecidedRows(limits.decidedBytesMax);
  const decide = createDecide(keeping, decided, series, wanted);
  let early = 0;

  function relieve<T>(queue: MinuteQueue<T>, decideMinute: (items: readonly T[]) => void): void {
    if (queue.bytes() <= limits.bytesMax) return;
    const oldest = queue.takeOldest(pieceMax);
    early += oldest.length;
    decideMinute(oldest);
  }

  function wait(signal: TelemetrySignal): void {
    if (signal.kind === "span") {
      decide.see(signal);
      spans.add(signal, endOf(signal), spanBytes(signal));
      relieve(spans, decide.spans);
    } else if (signal.kind === "log") {
      logs.add(signal, signal.timeMs, logBytes(signal));
      relieve(logs, decide.logs);
    } else {
      points.add(signal, signal.timeMs, pointBytes(signal));
      relieve(points, decide.points);
    }
  }

  return {
    take(signals, nowMs) {
      for (const signal of signals)
        if (isTimely(signal, nowMs)) wait(signal);
        else decided.fates[kindOf[signal.kind]].untimely++;
    },
    decide(kind, endedByMs) {
      if (kind === "spans") spans.takeEndedBy(endedByMs).forEach(decide.spans);
      else if (kind === "logs") logs.takeEndedBy(endedByMs).forEach(decide.logs);
      else {
        points.takeEndedBy(endedByMs).forEach(decide.points);
        decided.keep("points", { whole: [], thinned: series.takeEndedBy(endedByMs) }, 0);
      }
    },
    takeDecided: decided.takeAll,
    *points() {
      for (const metric of points.items()) yield pointRow(metric);
      yield* series.rows();
      yield* decided.rows("points");
    },
    *logs() {
      for (const log of logs.items()) yield { ...log, share: 1, keptFor: "window" };
      yield* decided.rows("logs");
    },
    *spans() {
      for (const span of spans.items()) yield { ...span, share: 1, keptFor: "window" };
      yield* decided.rows("spans");
    },
    waiting: { spans: () => spans.items(), logs: () => logs.items() },
    stats: () => ({
      fates: decided.fates,
      bytes: points.bytes() + logs.bytes() + spans.bytes(),
      early,
      ...series.stats(),
    }),
  };
}

/** What becomes of the signals of a minute, or of a part of one. */
function createDecide(
  keeping: () => Keeping,
  decided: DecidedRows,
  series: ReturnType<typeof createMinuteSeries>,
  wanted?: Wanted,
) {
  const [spanThinning, logThinning] = [createSpanThinning(wanted), createLogThinning()];
  return {
    see: (span: SpanSignal): void => spanThinning.see(span),
    spans: (spans: readonly SpanSignal[]): void =>
      decided.keep("spans", spanThinning.thin(spans, keeping()), spans.length),
    logs: (logs: readonly LogSignal[]): void => decided.keep("logs", logThinning.thin(logs, keeping()), logs.length),
    points(metrics: readonly MetricSignal[]): void {
      const now = keeping();
      const isWhole = (m: MetricSignal) => now.isWhole(m.service, m.environment, m.timeMs);
      const whole = now.hasWindows ? metrics.filter(isWhole) : [];
      decided.keep("points", { whole: whole.map(pointRow), thinned: [] }, whole.length);
      for (const metric of metrics) {
        if (whole.length > 0 && isWhole(metric)) continue;
        if (series.isFull()) decided.keep("points", { whole: [], thinned: series.takeOldest() }, 0);
        decided.fates.points[series.add(metric) ? "leftOut" : "dropped"]++;
      }
    },
  };
}

const kindOf = { span: "spans", log: "logs", metric: "points" } as const;

function isTimely(signal: TelemetrySignal, nowMs: number): boolean {
  const timeMs = signal.kind === "span" ? endOf(signal) : signal.timeMs;
  return timeMs <= nowMs + timely.futureMs && timeMs >= nowMs - timely.pastMs;
}
