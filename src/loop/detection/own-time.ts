import type { MetricSignal, SpanSignal } from "../signal/signal.ts";
import { bucketMs } from "./red.ts";
import { timely } from "./timely.ts";

/** Smaller steps of the clock are borne: intervals stay open longer. Without a steady clock a step has to be beyond doubt. */
const setMinMs = { steady: 2_500, unsteady: 10_000 } as const;
/** The smallest step that is noticed at all. */
const stepMinMs = 250;
/** Looks that are further apart than this left something out. */
const awayMinMs = 10_000;

/** A stretch of own time in which nobody looked: what was sent meanwhile may be lost. */
export interface Away {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The time detection lives in: the wall clock, less what that was set by since the start. So a clock that is set neither puts what is
 * known into the future, where nothing new could reach it, nor tears a hole that looks like silence. Telemetry is taken for stamped by
 * a clock that was set too; if that makes no sense, by one that was not. Offsets are whole buckets, and own time never goes back by more
 * than a bucket stays open.
 *
 * Without a steady clock a step forward looks like a pause, and is taken for one.
 */
export interface OwnTime {
  /**
   * Notices that the clock was set, or that nobody looked for a while. Comes before anything is taken in or judged, every second or so.
   * `steadyMs`: a clock that nobody sets and that goes on while the machine sleeps. Once it was given, looks without it are none.
   */
  look(wallMs: number, steadyMs?: number): void;
  /** Own time of the wall clock. */
  own(wallMs: number): number;
  /** The wall clock's time, as it is set now. */
  wall(ownMs: number): number;
  /** Telemetry in own time. */
  span(span: SpanSignal): SpanSignal;
  metric(metric: MetricSignal): MetricSignal;
  log(timeMs: number): number;
  /** The last time nobody looked. */
  away(): Away | undefined;
  /** Own time of the last step of the clock, however small: time that was measured across it is off by as much. */
  steppedMs(): number;
  stats(): { readonly clockSets: number; readonly timesAway: number };
}

export function createOwnTime(): OwnTime {
  let last: { readonly wallMs: number; readonly steadyMs?: number } | undefined;
  /** What the clock was set by, and had been before it was set last. */
  let [setMs, beforeMs] = [0, 0];
  let away: Away | undefined;
  let [sets, times, steppedMs] = [0, 0, -Infinity];

  function passed(wallMs: number, steadyMs: number | undefined): void {
    if (!last) return;
    const wentMs = wallMs - last.wallMs;
    const tookSteadyMs = steadyMs === undefined ? Number.NaN : steadyMs - (last.steadyMs ?? Number.NaN);
    const isSteady = !Number.isNaN(tookSteadyMs);
    const tookMs = isSteady ? tookSteadyMs : wentMs < -setMinMs.unsteady ? 0 : wentMs;
    const fromMs = last.wallMs - setMs;
    const byMs = wentMs - tookMs;
    if (Math.abs(byMs) >= (isSteady ? setMinMs.steady : setMinMs.unsteady)) {
      sets++;
      beforeMs = setMs;
      setMs += Math.floor(byMs / bucketMs) * bucketMs;
    }
    if (Math.abs(byMs) >= stepMinMs) steppedMs = wallMs - setMs;
    if (tookMs < awayMinMs) return;
    times++;
    away = { fromMs, toMs: wallMs - setMs };
  }

  /** How much a time of telemetry is to be moved. */
  function offsetOf(timeMs: number): number {
    if (setMs === beforeMs || !last) return setMs;
    const nowMs = last.wallMs - setMs;
    const isTimely = (ms: number) => ms <= nowMs + timely.futureMs && ms >= nowMs - timely.pastMs;
    return !isTimely(timeMs - setMs) && isTimely(timeMs - beforeMs) ? beforeMs : setMs;
  }

  return {
    look(wallMs, steadyMs) {
      if (steadyMs === undefined && (last?.steadyMs !== undefined || last?.wallMs === wallMs)) return;
      passed(wallMs, steadyMs);
      last = steadyMs === undefined ? { wallMs } : { wallMs, steadyMs };
    },
    own: (wallMs) => wallMs - setMs,
    wall: (ownMs) => ownMs + setMs,
    span(span) {
      const byMs = offsetOf(span.startMs + span.durationMs);
      return byMs === 0 ? span : { ...span, startMs: span.startMs - byMs };
    },
    metric(metric) {
      const byMs = offsetOf(metric.timeMs);
      return byMs === 0 ? metric : { ...metric, timeMs: metric.timeMs - byMs, value: valueBefore(metric, byMs) };
    },
    log: (timeMs) => timeMs - offsetOf(timeMs),
    away: () => away,
    steppedMs: () => steppedMs,
    stats: () => ({ clockSets: sets, timesAway: times }),
  };
}

/** Since when a sum is counted is told anew with each point of a delta, and stays what it was for what counts on: that is its name. */
function valueBefore({ value }: MetricSignal, byMs: number): MetricSignal["value"] {
  if (value.type === "gauge" || !value.delta) return value;
  return { ...value, startMs: value.startMs - byMs };
}
