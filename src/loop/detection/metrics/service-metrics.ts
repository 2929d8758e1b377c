import type { Finding } from "../finding.ts";
import type { SeriesScore } from "../series/series-score.ts";
import type { MetricClass } from "./metric-class.ts";
import { metricsFinding, type OddStream } from "./metrics-finding.ts";

/** What is unusual within this time counts together. */
const windowMs = 120_000;
/** An event that comes once in so many points, by its stream's own past, is worth counting; rarer than that nothing is believed to be. */
const rarePoints = 500;
const rarestPoints = 20_000;
/** Chance of as many streams being as unusual at once below which it is no chance; and the streams it takes at least. */
const falseAlarm = 1e-6;
const streamsMin = 2;
/** Clears after this long without anything unusual. */
const calmMs = 120_000;
/** What goes on for longer is the new usual. */
const absorbMs = 3_600_000;
/** Unusual streams remembered of a service (I11). */
const oddMax = 64;

/** Where a point comes from. */
export interface OfStream {
  readonly label: string;
  readonly unit: string;
  readonly kind: MetricClass;
}

/** All metric streams of one service, judged together. */
export interface ServiceMetrics {
  readonly place: { readonly service: string; readonly environment: string };
  readonly service: string;
  /** How many streams the service has. */
  streams: number;
  take(score: SeriesScore, stream: OfStream, atMs: number, nowMs: number): void;
  tick(nowMs: number): Finding[];
  isIdle(beforeMs: number): boolean;
}

/**
 * Weighs the streams of a service that are unusual within two minutes against chance: of m streams, some k are as unusual as the k
 * worst with a probability of at most (m over k) times the product of theirs, each the share of windows in which its own past was
 * as unusual. The finding says what each kind of metric contributes.
 */
export function createServiceMetrics(service: string, environment: string): ServiceMetrics {
  const place = { service, environment };
  const odd = new Map<string, OddStream>();
  /** Points taken in per step of the window; the newest first. */
  const points = [0, 0, 0, 0];
  let [stepMs, heardMs, sinceMs, oddMs, clearedMs] = [Number.NaN, 0, 0, -Infinity, -Infinity];
  let standing: readonly OddStream[] | undefined;

  function step(nowMs: number): void {
    const length = windowMs / points.length;
    if (!(Math.abs(nowMs - stepMs) < windowMs)) stepMs = nowMs;
    for (; nowMs - stepMs >= length; stepMs += length) {
      points.pop();
      points.unshift(0);
    }
    for (const [label, o] of odd) if (o.atMs < nowMs - windowMs) odd.delete(label);
  }

  /** The unusual streams, when they are too many for chance. */
  function together(): readonly OddStream[] | undefined {
    const worst = [...odd.values()].toSorted((a, b) => b.score.unusualness - a.score.unusualness);
    const pointsEach = Math.max(1, points.reduce((sum, n) => sum + n, 0) / Math.max(1, self.streams));
    return logChance(worst, pointsEach, self.streams) < Math.log(falseAlarm) ? worst : undefined;
  }

  const self: ServiceMetrics = {
    place,
    service,
    streams: 0,
    take(score, { label, unit, kind }, atMs, nowMs) {
      heardMs = nowMs;
      points[0] = (points[0] ?? 0) + 1;
      if ((score.explanation?.periodPoints ?? 0) < rarePoints) return;
      if (odd.has(label) || odd.size < oddMax) odd.set(label, { label, unit, kind, score, atMs });
    },
    tick(nowMs) {
      step(nowMs);
      const now = together();
      if (now) oddMs = nowMs;
      if (now && !standing && nowMs - clearedMs >= calmMs) {
        sinceMs = onsetOf(now);
        standing = now;
      } else if (now && standing) standing = now;
      else if (standing && (nowMs - oddMs >= calmMs || nowMs - sinceMs >= absorbMs)) {
        const finding = metricsFinding(place, standing, "cleared", sinceMs, nowMs);
        [standing, clearedMs] = [undefined, nowMs];
        return [finding];
      }
      return standing ? [metricsFinding(place, standing, "firing", sinceMs, Math.min(nowMs, oddMs))] : [];
    },
    isIdle: (beforeMs) => heardMs < beforeMs && !standing,
  };
  return self;
}

/** When streams began to be unusual together: one that was so long before all others had a reason of its own. */
function onsetOf(odd: readonly OddStream[]): number {
  const begun = odd.map((o) => o.score.explanation?.sinceMs ?? o.atMs).toSorted((a, b) => a - b);
  return begun.find((ms, i) => (begun[i + 1] ?? ms) - ms <= windowMs) ?? NaN;
}

/** Logarithm of the chance that of `streams` as many are as unusual, worst first, for whichever number of them it is least. */
function logChance(worst: readonly OddStream[], pointsEach: number, streams: number): number {
  let [sum, ways, least] = [0, 0, 0];
  for (const [i, { score }] of worst.entries()) {
    const periodPoints = Math.min(rarestPoints, score.explanation?.periodPoints ?? 1);
    sum += Math.log(Math.min(1, pointsEach / periodPoints));
    ways += Math.log(Math.max(1, streams - i) / (i + 1));
    if (i + 1 >= streamsMin) least = Math.min(least, sum + ways);
  }
  return least;
}
