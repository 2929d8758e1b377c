import type { Finding } from "../finding.ts";
import { metricSign } from "../joint/metric-sign.ts";
import type { Sign } from "../joint/sign.ts";
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
/** Unusual streams of one kind remembered of a service (I11); many of one kind leave room for others. */
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
  readonly streams: number;
  /** One more stream of a kind, or one less. */
  count(kind: MetricClass, by: 1 | -1): void;
  take(score: SeriesScore, stream: OfStream, atMs: number, nowMs: number): void;
  tick(nowMs: number): Finding[];
  /** What each kind of its metrics says now, however weakly. */
  signs(nowMs: number): Sign[];
  /** Whether any of its streams was unusual lately. */
  isOdd(): boolean;
  /** When a point came last. */
  heardMs(): number;
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
  const kinds = new Map<MetricClass, number>();
  let streams = 0;

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
    return logChance(worst, pointsEach(), streams) < Math.log(falseAlarm) ? worst : undefined;
  }

  /** Points of a stream within the window, at a mean. */
  const pointsEach = (): number => Math.max(1, points.reduce((sum, n) => sum + n, 0) / Math.max(1, streams));

  const oddOf = (kind: MetricClass): OddStream[] => [...odd.values()].filter((o) => o.kind === kind);

  return {
    place,
    service,
    get streams() {
      return streams;
    },
    count(kind, by) {
      streams += by;
      kinds.set(kind, (kinds.get(kind) ?? 0) + by);
    },
    take(score, { label, unit, kind }, atMs, nowMs) {
      heardMs = nowMs;
      points[0] = (points[0] ?? 0) + 1;
      if ((score.explanation?.periodPoints ?? 0) < rarePoints) return;
      if (odd.has(label) || oddOf(kind).length < oddMax) odd.set(label, { label, unit, kind, score, atMs });
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
    signs(nowMs) {
      const each = pointsEach();
      return [...kinds].flatMap(([kind, many]) => metricSign(oddOf(kind), (o) => chanceOf(o, each), many, nowMs) ?? []);
    },
    isOdd: () => odd.size > 0,
    heardMs: () => heardMs,
    isIdle: (beforeMs) => heardMs < beforeMs && !standing,
  };
}

/** When streams began to be unusual together: one that was so long before all others had a reason of its own. */
function onsetOf(odd: readonly OddStream[]): number {
  const begun = odd.map((o) => o.score.explanation?.sinceMs ?? o.atMs).toSorted((a, b) => a - b);
  return begun.find((ms, i) => (begun[i + 1] ?? ms) - ms <= windowMs) ?? NaN;
}

/** Share of windows in which a stream's own past was as unusual. */
const chanceOf = ({ score }: OddStream, pointsEach: number): number =>
  Math.min(1, pointsEach / Math.min(rarestPoints, score.explanation?.periodPoints ?? 1));

/** Logarithm of the chance that of `streams` as many are as unusual, worst first, for whichever number of them it is least. */
function logChance(worst: readonly OddStream[], pointsEach: number, streams: number): number {
  let [sum, ways, least] = [0, 0, 0];
  for (const [i, stream] of worst.entries()) {
    sum += Math.log(chanceOf(stream, pointsEach));
    ways += Math.log(Math.max(1, streams - i) / (i + 1));
    if (i + 1 >= streamsMin) least = Math.min(least, sum + ways);
  }
  return least;
}
