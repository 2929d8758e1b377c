import { bucketMs } from "../../detection/red.ts";
import { beganSinceCalled } from "../../incident/heal-again.ts";
import type { Incident } from "../../incident/incident.ts";
import type { Scene } from "../scene.ts";

/** Steps of one series (I11); buckets of a long incident are added up so that there are no more. */
const stepsMax = 240;
/** So long before the incident the past is looked at. */
const pastMs = 10 * 60_000;

/** The time a ranking looks at, in steps of equal length; none reaches over the onset. */
export interface Steps {
  /** The window in question begins at `fromMs`, and nothing after `toMs` is looked at. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  /** Whether a time is past or in question: what was wrong in the incident before, and is over, is neither. */
  isIn(timeMs: number): boolean;
  /** Start of the step a time falls in. */
  startOf(timeMs: number): number;
}

/**
 * The window begins with what fires now: an incident may have been about something else before. Where people were called about what fires for
 * long, it begins with what is new, and what they were called for counts as the past.
 */
export function stepsOf({ incident, nowMs }: Scene): Steps {
  const fromMs = bucketOf(Math.max(incident.sinceMs, firingSince(incident)));
  const beganMs = incident.escalatedAtMs === undefined ? bucketOf(incident.sinceMs) : fromMs;
  const toMs = Math.max(nowMs, fromMs);
  const stepMs = bucketMs * Math.max(1, Math.ceil((toMs - fromMs + pastMs) / bucketMs / stepsMax));
  return {
    fromMs,
    toMs,
    stepMs,
    isIn: (timeMs) => (timeMs >= beganMs - pastMs && timeMs < beganMs) || (timeMs >= fromMs && timeMs <= toMs),
    startOf: (timeMs) => fromMs + Math.floor((timeMs - fromMs) / stepMs) * stepMs,
  };
}

const bucketOf = (timeMs: number): number => Math.floor(timeMs / bucketMs) * bucketMs;

function firingSince(incident: Incident): number {
  const { findings, alerts, sinceMs } = incident;
  const all = [
    ...findings.flatMap((f) => (f.state === "firing" ? [{ id: f.id, sinceMs: f.sinceMs }] : [])),
    ...alerts.flatMap((a) => (a.status === "firing" ? [{ id: a.fingerprint, sinceMs: a.startsAtMs }] : [])),
  ];
  const fresh = all.filter((a) => beganSinceCalled(incident, a.id, a.sinceMs));
  const since = (fresh.length > 0 ? fresh : all).map((a) => a.sinceMs);
  return since.reduce((a, b) => Math.min(a, b), since[0] ?? sinceMs);
}
