import type { Finding } from "../detection/finding.ts";
import type { RedBucket } from "../detection/red.ts";
import { bucketMs } from "../detection/red.ts";
import type { Slo } from "../detection/slo.ts";
import { quantileMs, sumRed } from "../diagnosis/red-facts.ts";
import type { Verdict } from "./verdict.ts";

export interface Judgement {
  readonly verdict: Verdict;
  readonly text: string;
}

/** Fewer requests than this in the window say nothing (B7). */
export const requestsMin = 5;
/** Without a baseline, at most this share of requests may fail and still count as well. */
const errorShareFloor = 0.02;
/** Without a finding on duration, how long is not judged. With one, this much above its expected band is still well. */
const durationSlack = 1.25;
/** Where failing was the complaint, and failing is over, so many times the usual duration still counts as well. */
const warmingUp = 4;

/**
 * As long as the detector, which knows how much is chance, says that it is over, so many times the usual duration still counts as
 * well: a busy machine makes tens of milliseconds of ten, and must not have a remedy that helped taken back.
 */
const settling = 3;

/**
 * Slower than well, but not so many times, and the complaint itself is over: that is not known to have failed. Taking back what
 * stopped the failing because of some milliseconds would do more harm than waiting.
 */
const doubtful = 3;

const inconclusive = (text: string): Judgement => ({ verdict: "inconclusive", text });

/**
 * Are errors and duration of one series back within what was expected before the incident? The window must be whole:
 * a window with missing buckets is inconclusive, never well (B7, H2).
 */
export function judgeRed(
  name: string,
  buckets: readonly RedBucket[],
  findings: readonly Finding[],
  forMs: number,
): Judgement {
  const present = new Set(buckets.map((b) => b.startMs)).size;
  const wanted = Math.max(1, Math.floor(forMs / bucketMs));
  const sum = sumRed(buckets);
  if (!sum || sum.count < requestsMin)
    return inconclusive(`${name}: ${sum?.count ?? 0} requests seen, ${requestsMin} needed to tell`);
  if (present < wanted * 0.6) return inconclusive(`${name}: telemetry of ${present} of ${wanted} intervals`);
  const errorsMax = Math.max(errorShareFloor, expectedHigh(findings, "errors") ?? 0);
  const slowMax = slowestStillWell(findings);
  if (sum.errorShare > errorsMax)
    return {
      verdict: "fail",
      text: `${name}: ${pct(sum.errorShare)} of requests fail, expected at most ${pct(errorsMax)}`,
    };
  const p95 = quantileMs(buckets, 0.95);
  if (slowMax !== undefined && p95 > slowMax)
    return {
      verdict: p95 <= doubtful * slowMax && isComplaintOver(findings, p95) ? "inconclusive" : "fail",
      text: `${name}: p95 ${p95.toFixed(0)} ms, expected at most ${slowMax.toFixed(0)} ms`,
    };
  return {
    verdict: "pass",
    text: `${name}: ${pct(sum.errorShare)} of ${sum.count} requests fail, p95 ${p95.toFixed(0)} ms`,
  };
}

/** Does the service stay within its objective over the window: burn rate under 1? */
export function judgeSlo(slo: Slo, buckets: readonly RedBucket[]): Judgement {
  const sum = sumRed(buckets);
  if (!sum || sum.count < requestsMin)
    return inconclusive(`SLO ${slo.name}: ${sum?.count ?? 0} requests seen, ${requestsMin} needed to tell`);
  const burn = badShare(slo, buckets, sum.errorShare) / (1 - slo.objective);
  const text = `SLO ${slo.name}: burn rate ${burn.toFixed(2)} over ${sum.count} requests, expected under 1`;
  return { verdict: burn < 1 ? "pass" : "fail", text };
}

function badShare(slo: Slo, buckets: readonly RedBucket[], errorShare: number): number {
  if (slo.indicator.type === "errors") return errorShare;
  const { thresholdMs } = slo.indicator;
  const slow = slowShare(buckets, thresholdMs);
  return Math.min(1, Math.max(errorShare, slow));
}

/** Share of requests in histogram intervals that lie wholly above the threshold. */
function slowShare(buckets: readonly RedBucket[], thresholdMs: number): number {
  const all = buckets.reduce((n, b) => n + b.count, 0);
  let low = 0;
  let high = 1;
  for (let i = 0; i < 20; i++) {
    const mid = (low + high) / 2;
    if (quantileMs(buckets, mid) > thresholdMs) high = mid;
    else low = mid;
  }
  return all === 0 ? 0 : 1 - high;
}

/** The longest p95 that still counts as well; undefined when no duration was complained of. */
function slowestStillWell(findings: readonly Finding[]): number | undefined {
  const failing = findings.some((f) => f.dimension === "errors");
  const slowest = findings.flatMap(({ dimension, expected, state }) => {
    if (dimension !== "duration" || !expected) return [];
    const times = failing ? warmingUp : state === "cleared" ? settling : 0;
    return [Math.max(expected.high * durationSlack, expected.mid * times)];
  });
  return slowest.length === 0 ? undefined : Math.max(...slowest);
}

/** Failing was the complaint, and nothing fails now; or it takes less than half of the time that was complained of. */
function isComplaintOver(findings: readonly Finding[], p95: number): boolean {
  if (findings.some((f) => f.dimension === "errors")) return true;
  const slow = findings.filter((f) => f.dimension === "duration" && f.state === "firing");
  return slow.length > 0 && slow.every((f) => p95 < f.observed / 2);
}

const expectedHigh = (findings: readonly Finding[], dimension: "errors" | "duration"): number | undefined => {
  const highs = findings.flatMap((f) => (f.dimension === dimension && f.expected ? [f.expected.high] : []));
  return highs.length > 0 ? Math.max(...highs) : undefined;
};

const pct = (share: number): string => `${(share * 100).toFixed(1)}%`;
