import { digestOf } from "../../kernel/digest.ts";
import { formatDuration } from "../../kernel/duration.ts";
import { emptyWindow, newestIntervals, pushWindow, sumWindow, type BurnWindow } from "./burn-window.ts";
import { clock } from "./describe.ts";
import { intervals } from "./duration-interval.ts";
import type { Finding } from "./finding.ts";
import { bucketMs, durationBoundsMs, type RedBucket } from "./red.ts";
import type { BurnRateAlert, Slo } from "./slo.ts";

/** Below these counts in the short window nothing fires: a share of so few requests says nothing. */
const requestsMin = 10;
const badMin = 3;
/** A firing alert clears only when this many requests in its short window show that it burns slower. */
const clearMin = 3;
const onsetSpanMs = 10 * 60_000;

/**
 * Multi-window multi-burn-rate alerting on one SLO (Google SRE workbook, chapter 5). Counts what a partly filled window
 * has and says so. No traffic is unknown: it neither fires nor clears (B7).
 */
export interface BurnRate {
  readonly slo: Slo;
  readonly window: BurnWindow;
  firing: Finding | undefined;
}

export const watchSlo = (slo: Slo): BurnRate => ({ slo, window: emptyWindow(), firing: undefined });

/** Takes in the next bucket of the SLO's service; the finding when it fires, changes or clears with it. */
export function takeSloBucket(b: BurnRate, bucket: RedBucket): Finding | undefined {
  const keptMs = Math.max(bucketMs, ...b.slo.alerts.map((a) => Math.max(a.longMs, a.shortMs)));
  pushWindow(b.window, bucket.startMs, bucket.count, badOf(b.slo, bucket), keptMs + 60_000);
  if (bucket.count === 0) return undefined;
  const burning = b.slo.alerts.filter((a) => isBurning(b, a)).toSorted(byUrgency);
  const [worst] = burning;
  if (worst) return (b.firing = findingOf(b, worst));
  if (!b.firing || !b.slo.alerts.every((a) => sumWindow(b.window, a.shortMs).total >= clearMin)) return undefined;
  const cleared = clearedOf(b, b.firing);
  b.firing = undefined;
  return cleared;
}

const byUrgency = (a: BurnRateAlert, b: BurnRateAlert): number =>
  Number(b.severity === "page") - Number(a.severity === "page") || b.factor - a.factor;

const burnOf = (slo: Slo, { total, bad }: { total: number; bad: number }): number =>
  total === 0 ? 0 : bad / total / (1 - slo.objective);

function isBurning({ slo, window }: BurnRate, alert: BurnRateAlert): boolean {
  const [long, short] = [sumWindow(window, alert.longMs), sumWindow(window, alert.shortMs)];
  if (long.total < requestsMin || long.bad < badMin || short.total === 0 || short.bad === 0) return false;
  return burnOf(slo, long) >= alert.factor && burnOf(slo, short) >= alert.factor;
}

function badOf({ indicator }: Slo, bucket: RedBucket): number {
  if (indicator.type === "errors") return bucket.errors;
  let slow = 0;
  // Only intervals wholly above the threshold: a request is not called slow on a guess.
  for (let i = 1; i < intervals; i++)
    if ((durationBoundsMs[i - 1] ?? 0) >= indicator.thresholdMs) slow += bucket.durations[i] ?? 0;
  return Math.min(bucket.count, Math.max(slow, bucket.errors));
}

function findingOf(b: BurnRate, alert: BurnRateAlert): Finding {
  const { slo, window } = b;
  const [long, short] = [sumWindow(window, alert.longMs), sumWindow(window, alert.shortMs)];
  const tail = newestIntervals(window, onsetSpanMs);
  const observed = burnOf(slo, short);
  const sinceMs = b.firing?.sinceMs ?? onset(tail);
  const filled = long.filledMs < alert.longMs ? `, of which ${formatDuration(long.filledMs)} is filled` : "";
  return {
    ...baseOf(b, alert),
    state: "firing",
    observed,
    sinceMs,
    atMs: (tail.find((t) => t.bad > 0)?.startMs ?? sinceMs) + bucketMs,
    unusualness: Math.min(1, long.filledMs / slo.windowMs > 0 ? 1 - 1 / (1 + observed) : 0),
    telemetry: digestOf({ slo: slo.name, long, short, buckets: tail }),
    summary: `${slo.service}: SLO ${slo.name} burns its budget ${burnOf(slo, long).toFixed(1)} times too fast over ${formatDuration(alert.longMs)}${filled} (${long.bad} of ${long.total} requests bad) and ${observed.toFixed(1)} times over ${formatDuration(alert.shortMs)}, limit ${alert.factor}, since ${clock(sinceMs)}`,
  };
}

const baseOf = ({ slo }: BurnRate, alert: BurnRateAlert) => ({
  id: `${slo.service}/burn-rate/${slo.name}@${slo.environment}`,
  service: slo.service,
  environment: slo.environment,
  dimension: "burn-rate" as const,
  direction: "above" as const,
  expected: null,
  unit: "times budget",
  agreeing: [],
  urgency: alert.severity,
  subject: slo.name,
});

function clearedOf(b: BurnRate, before: Finding): Finding {
  const [newest] = newestIntervals(b.window, bucketMs);
  return {
    ...before,
    state: "cleared",
    observed: 0,
    atMs: (newest?.startMs ?? before.atMs) + bucketMs,
    summary: `${b.slo.service}: SLO ${b.slo.name} burns its budget slowly enough again, was too fast since ${clock(before.sinceMs)}`,
  };
}

/** Going back from the newest interval: where bad requests began, two good intervals in between allowed. */
function onset(tail: readonly { startMs: number; total: number; bad: number }[]): number {
  let [since, good] = [tail[0]?.startMs ?? 0, 0];
  for (const t of tail) {
    if (t.bad > 0) [since, good] = [t.startMs, 0];
    else if (++good > 2) break;
  }
  return since;
}
