import { usualMedian, usualP95, type DurationBaseline } from "../duration-baseline.ts";
import { quantileOf } from "../duration-interval.ts";
import { amountOf } from "../describe.ts";
import { isSlower, rateBuckets } from "../judge-series.ts";
import { histogramsMax, newest, recentAt, recentHistogram, type RecentBuckets } from "../recent-buckets.ts";
import { bucketMs } from "../red.ts";
import { usualShare } from "../share-baseline.ts";
import type { SeriesWatch } from "../watch-series.ts";
import { lastingMs, nothingLasts } from "./lasting.ts";
import { signMax, type Sign } from "./sign.ts";

/** What lasts began about so long before the newest bucket. */
const sinceBuckets = 2;

export const hasSign = ({ lasting }: SeriesWatch): boolean =>
  lasting !== nothingLasts && Math.min(lasting.errors, lasting.latency, lasting.traffic) < signMax;

/** What a service's own requests show. */
export function requestSigns(s: SeriesWatch): Sign[] {
  const { errors, latency, traffic } = s.lasting;
  const [from, sinceMs] = ["requests" as const, sinceOf(s)];
  const signs: Sign[] = [
    { dimension: "errors", from, chance: errors, sinceMs, told: () => failing(s) },
    { dimension: "latency", from, chance: latency, sinceMs, told: () => slow(s) },
    { dimension: "traffic", from, chance: traffic, sinceMs, told: () => traffics(s) },
  ];
  return signs.filter((sign) => sign.chance < signMax);
}

/** What its calls to others show, of `edges` it has: whichever is worst. How many calls it makes is for its traffic to tell. */
export function dependencySign(odd: readonly SeriesWatch[], edges: number): Sign | undefined {
  const chanceOf = ({ lasting }: SeriesWatch): number => Math.min(lasting.errors, lasting.latency);
  const [worst] = odd.toSorted((a, b) => chanceOf(a) - chanceOf(b));
  if (!worst) return undefined;
  const chance = Math.min(1, 2 * Math.max(1, edges) * chanceOf(worst));
  const { errors, latency } = worst.lasting;
  const told = () =>
    `calls to ${worst.name.edge?.to ?? "another"}: ${errors <= latency ? failing(worst) : slow(worst)}`;
  return chance < signMax
    ? { dimension: "dependency", from: "calls", chance, sinceMs: sinceOf(worst), told }
    : undefined;
}

const sinceOf = ({ recent }: SeriesWatch): number => (recentAt(recent, 0)?.startMs ?? 0) - sinceBuckets * bucketMs;

const sum = (all: readonly number[]): number => all.reduce((n, x) => n + x, 0);

function failing({ recent, errors }: SeriesWatch): string {
  const window = newest(recent, lastingMs);
  const share = sum(window.map((b) => b.errors)) / Math.max(1, sum(window.map((b) => b.count)));
  return `${amountOf("share", share)} fail, usually ${amountOf("share", usualShare(errors))}`;
}

function slow({ recent, duration }: SeriesWatch): string {
  const [p95, median] = [0.95, 0.5].map((q) => quantileOf(recentHistogram(recent, histogramsMax), q));
  return toldSlow(p95 ?? 0, median ?? 0, duration);
}

const toldSlow = (p95: number, median: number, d: DurationBaseline): string =>
  isSlower(p95, usualP95(d))
    ? `p95 ${amountOf("ms", p95)}, usually ${amountOf("ms", usualP95(d))}`
    : `half take over ${amountOf("ms", median)}, usually ${amountOf("ms", usualMedian(d))}`;

function traffics({ recent, rate }: SeriesWatch): string {
  const perSecond = 1000 / bucketMs;
  return `${amountOf("requests/s", perSecond * meanCount(recent))}, usually ${amountOf("requests/s", perSecond * rate.mean)}`;
}

function meanCount(recent: RecentBuckets): number {
  const window = newest(recent, rateBuckets * bucketMs);
  return sum(window.map((b) => b.count)) / Math.max(1, window.length);
}
