import { digestOf } from "../../kernel/digest.ts";
import { clock } from "./describe.ts";
import { createFaults, type Faults } from "./faults.ts";
import type { Finding } from "./finding.ts";
import { createSpeaking, learnPause, silenceTold, type Speaking } from "./speaking.ts";
import type { Away } from "./own-time.ts";

/** What stays silent this long is forgotten, and its finding cleared with the reason. */
export const forgottenMs = 24 * 3_600_000;
const servicesMax = 50_000;
/** Of these, for declared services. */
const reserved = 5_000;
/** What was heard for less than this is not missed, unless it is declared, and forgotten this soon: names that come once are no services. */
const knownMs = 60_000;
const strangerMs = 10 * 60_000;

/**
 * A silence that was told and ended before it was this many times as long was one more pause, and is learned: whoever pauses so again and
 * again would be told of each time. A longer one was an outage, which says nothing of how often a service speaks, unless it is one of
 * so many within hours: then the shortest of them is a pause it is known to make.
 */
const pauseMost = 2;
const habitAfter = 3;
const habitWithinMs = 3 * 3_600_000;

/** A service that sent telemetry, and of when the last of it spoke. */
export interface HeardService {
  readonly service: string;
  readonly environment: string;
  readonly lastMs: number;
}

interface Heard extends HeardService {
  readonly firstMs: number;
  lastMs: number;
  readonly speaking: Speaking;
  /** The latest silences that were told and too long for a pause. */
  outages: readonly { readonly fromMs: number; readonly toMs: number }[];
  firing: Finding | undefined;
}

/** Notices services that fell silent (B7: absence is not health). Knows only those once heard. */
export interface Absence {
  /** A sign of life: telemetry of the service that speaks of the time up to `untilMs`. */
  heard(service: string, environment: string, untilMs: number): void;
  /** Findings that fired, go on, or cleared. `exempt`: services whose silence is nothing to speak of. */
  tick(nowMs: number, exempt: (service: string, environment: string) => boolean): Finding[];
  isAbsent(service: string, environment: string): boolean;
  /** Those it knows. */
  known(): HeardService[];
  /** Services whose silence would be noticed, and signs of life of others, for which there is no room. */
  stats(): { readonly servicesHeard: number; readonly servicesUnheard: number };
  /** Nobody looked: silence may be ours, so everything gets its time anew, and nothing is learned from it. */
  away(time: Away): void;
}

/** `isDeclared`: services of the care repo. */
export function createAbsence(
  isDeclared: (service: string, environment: string) => boolean = () => false,
  faults: Faults = createFaults(),
): Absence {
  const known = new Map<string, Heard>();
  let [seeingSinceMs, refused] = [-Infinity, 0];

  const isStranger = (h: Heard): boolean =>
    h.lastMs - h.firstMs < knownMs && !h.firing && !isDeclared(h.service, h.environment);

  function judge(h: Heard, nowMs: number): Finding | undefined {
    const silentMs = nowMs - Math.max(h.lastMs, seeingSinceMs);
    const due = silentMs >= silenceTold(h.speaking);
    if (h.firing && h.lastMs > h.firing.sinceMs) return cleared(h, nowMs, "sends telemetry again");
    if (h.firing && nowMs - h.lastMs > forgottenMs) return cleared(h, nowMs, "is not expected any more");
    return h.firing || due ? (h.firing = firing(h, nowMs)) : undefined;
  }

  const attempt = (key: string, h: Heard, nowMs: number): Finding | undefined =>
    faults.attempt(
      "silence",
      h,
      nowMs,
      () => judge(h, nowMs),
      () => known.delete(key),
    );

  return {
    heard(service, environment, untilMs) {
      const key = JSON.stringify([environment, service]);
      const h = known.get(key);
      if (h) {
        const fromMs = Math.max(h.lastMs, seeingSinceMs);
        learnPause(h.speaking, untilMs - pauseOf(h, fromMs, untilMs), untilMs);
        h.lastMs = Math.max(h.lastMs, untilMs);
      } else if (known.size < servicesMax - (isDeclared(service, environment) ? 0 : reserved))
        known.set(key, {
          service,
          environment,
          firstMs: untilMs,
          lastMs: untilMs,
          speaking: createSpeaking(),
          outages: [],
          firing: undefined,
        });
      else refused++;
    },
    tick(nowMs, exempt) {
      const found: Finding[] = [];
      for (const [key, h] of known) {
        const stranger = isStranger(h);
        const finding = stranger || exempt(h.service, h.environment) ? undefined : attempt(key, h, nowMs);
        if (finding) found.push(finding);
        if (nowMs - Math.max(h.lastMs, seeingSinceMs) > (stranger ? strangerMs : forgottenMs)) known.delete(key);
      }
      return found;
    },
    stats: () => ({ servicesHeard: known.size, servicesUnheard: refused }),
    isAbsent: (service, environment) => known.get(JSON.stringify([environment, service]))?.firing !== undefined,
    known: () => [...known.values()].map(({ service, environment, lastMs }) => ({ service, environment, lastMs })),
    away: ({ toMs }) => void (seeingSinceMs = toMs),
  };
}

/** What a silence that ends says of how long this service pauses, ms; 0 when nothing. */
function pauseOf(h: Heard, fromMs: number, toMs: number): number {
  const forMs = toMs - fromMs;
  if (!h.firing || h.lastMs > h.firing.sinceMs || forMs <= pauseMost * silenceTold(h.speaking)) return forMs;
  const latest = [...h.outages, { fromMs, toMs }].filter((o) => toMs - o.toMs <= habitWithinMs).slice(-habitAfter);
  h.outages = latest;
  return latest.length < habitAfter ? 0 : Math.min(...latest.map((o) => o.toMs - o.fromMs));
}

function firing(h: Heard, nowMs: number): Finding {
  const silentMs = Math.max(0, nowMs - h.lastMs);
  return {
    id: `${h.service}/absence@${h.environment}`,
    service: h.service,
    environment: h.environment,
    dimension: "absence",
    state: "firing",
    direction: "absent",
    expected: { low: 0, mid: 0, high: silenceTold(h.speaking) / 1000 },
    observed: silentMs / 1000,
    unit: "s",
    unusualness: 1,
    sinceMs: h.lastMs,
    atMs: nowMs,
    agreeing: [],
    telemetry: digestOf({ service: h.service, environment: h.environment, lastMs: h.lastMs }),
    summary: `${h.service}: no telemetry since ${clock(h.lastMs)}, its state is unknown`,
  };
}

function cleared(h: Heard, nowMs: number, why: string): Finding | undefined {
  const before = h.firing;
  h.firing = undefined;
  return (
    before && {
      ...before,
      state: "cleared",
      atMs: nowMs,
      observed: 0,
      summary: `${h.service}: ${why}, was silent since ${clock(before.sinceMs)}`,
    }
  );
}
