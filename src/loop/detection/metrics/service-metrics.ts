import { digestOf } from "../../../kernel/digest.ts";
import { clock } from "../describe.ts";
import type { Finding } from "../finding.ts";
import type { SeriesScore } from "../series/series-score.ts";
import type { MetricClass } from "./metric-class.ts";

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

interface Odd {
  readonly label: string;
  readonly unit: string;
  readonly kind: MetricClass;
  readonly score: SeriesScore;
  readonly atMs: number;
}

/** Where a point comes from. */
export interface OfStream {
  readonly label: string;
  readonly unit: string;
  readonly kind: MetricClass;
}

/** All metric streams of one service, judged together. */
export interface ServiceMetrics {
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
  const odd = new Map<string, Odd>();
  /** Points taken in per step of the window; the newest first. */
  const points = [0, 0, 0, 0];
  let [stepMs, heardMs, sinceMs, oddMs, clearedMs] = [Number.NaN, 0, 0, -Infinity, -Infinity];
  let standing: readonly Odd[] | undefined;

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
  function together(): readonly Odd[] | undefined {
    const worst = [...odd.values()].toSorted((a, b) => b.score.unusualness - a.score.unusualness);
    const pointsEach = Math.max(1, points.reduce((sum, n) => sum + n, 0) / Math.max(1, self.streams));
    return logChance(worst, pointsEach, self.streams) < Math.log(falseAlarm) ? worst : undefined;
  }

  const self: ServiceMetrics = {
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
        sinceMs = Math.min(...now.map((o) => o.score.explanation?.sinceMs ?? o.atMs));
        standing = now;
      } else if (now && standing) standing = now;
      else if (standing && (nowMs - oddMs >= calmMs || nowMs - sinceMs >= absorbMs)) {
        const finding = findingOf(standing, "cleared", nowMs);
        [standing, clearedMs] = [undefined, nowMs];
        return [finding];
      }
      return standing ? [findingOf(standing, "firing", nowMs)] : [];
    },
    isIdle: (beforeMs) => heardMs < beforeMs && !standing,
  };
  return self;

  function findingOf(streams: readonly Odd[], state: Finding["state"], nowMs: number): Finding {
    const [worst] = streams;
    const explanation = worst?.score.explanation;
    const named = streams.slice(0, 3).map(told).join("; ");
    const kinds = Map.groupBy(streams, (o) => o.kind);
    const shares = [...kinds].map(([kind, all]) => `${kind} ${all.length}`).toSorted();
    const summary = `${service}: ${streams.length} metrics unusual together (${shares.join(", ")}) since ${clock(sinceMs)}: ${named}`;
    return {
      id: `${service}/metrics@${environment}`,
      service,
      environment,
      dimension: "metrics",
      state,
      direction: explanation && explanation.observed < explanation.expected.mid ? "below" : "above",
      expected: explanation?.expected ?? null,
      observed: explanation?.observed ?? 0,
      unit: worst?.unit || "1",
      unusualness: worst?.score.unusualness ?? 0,
      sinceMs,
      atMs: state === "firing" ? Math.min(nowMs, oddMs) : nowMs,
      agreeing: [],
      telemetry: digestOf(streams.map((o) => [o.label, o.atMs, o.score.explanation ?? null])),
      ...(worst ? { subject: worst.label } : {}),
      summary:
        state === "firing" ? summary : `${service}: metrics as usual again, were unusual since ${clock(sinceMs)}`,
    };
  }
}

/** Logarithm of the chance that of `streams` as many are as unusual, worst first, for whichever number of them it is least. */
function logChance(worst: readonly Odd[], pointsEach: number, streams: number): number {
  let [sum, ways, least] = [0, 0, 0];
  for (const [i, { score }] of worst.entries()) {
    const periodPoints = Math.min(rarestPoints, score.explanation?.periodPoints ?? 1);
    sum += Math.log(Math.min(1, pointsEach / periodPoints));
    ways += Math.log(Math.max(1, streams - i) / (i + 1));
    if (i + 1 >= streamsMin) least = Math.min(least, sum + ways);
  }
  return least;
}

function told({ label, unit, score }: Odd): string {
  const e = score.explanation;
  if (!e) return label;
  return `${label} ${amount(e.observed)}${unit ? ` ${unit}` : ""}, usually ${amount(e.expected.low)} to ${amount(e.expected.high)} (${e.kind})`;
}

const amount = (value: number): string => String(Number(value.toPrecision(3)));
