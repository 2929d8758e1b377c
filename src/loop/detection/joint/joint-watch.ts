import { createFaults, type Faults } from "../faults.ts";
import type { Finding } from "../finding.ts";
import type { Away } from "../own-time.ts";
import { bucketMs } from "../red.ts";
import { quieten, unwatched, watch, type Look, type Watched } from "../watched.ts";
import { combineSigns, contributionsOf, type Joint } from "./combine-signs.ts";
import { jointFinding, type Told } from "./joint-finding.ts";
import { signsOf, type Signs, type SignsOf } from "./sign.ts";
import { isForgotten, noWorst, takeAsUsual, takeMoment, usualWorst, type WorstOfADay } from "./worst-of-a-day.ts";

/** Orders of magnitude of improbability: what is told, what still shows while it is told, and by how much it has to exceed what is usual. */
const toldDecades = 7;
const showsDecades = 3;
const marginDecades = 2;
/** What goes on for longer is the new usual. */
const absorbMs = 3_600_000;
/** Where nothing was heard of a service for so long, what is told of it is given up. */
const idleMs = 24 * 3_600_000;
/** Services with signs in several dimensions that are kept (I11); of more, the odd moments are not judged, but counted. */
const servicesMax = 50_000;

interface Place {
  readonly service: string;
  readonly environment: string;
}

interface Judged extends Place {
  readonly watched: Watched;
  readonly past: WorstOfADay;
  /** What was told last. */
  told: Told | undefined;
  heardMs: number;
}

/**
 * One judgement per service over latency, errors, traffic, saturation, queues and what it calls (B2): signs too weak to be told of
 * one dimension are told when several show at once, unless as much was seen three times within a day.
 */
export interface JointWatch {
  /** Judges once a bucket; findings that fired, go on, or cleared. */
  tick(nowMs: number): Finding[];
  /** Nobody looked: that nothing was heard meanwhile says nothing. */
  away(time: Away): void;
  stats(): { readonly jointServices: number; readonly jointServicesRefused: number };
}

export function createJointWatch(telemetry: readonly Signs[], faults: Faults = createFaults()): JointWatch {
  const services = new Map<string, Judged>();
  let [judgedMs, refused] = [-Infinity, 0];

  function judgedOf(key: string, place: Place, nowMs: number): Judged | undefined {
    const known = services.get(key);
    if (known) return known;
    if (services.size >= servicesMax) return void refused++;
    const fresh = { ...place, watched: unwatched(), past: noWorst(), told: undefined, heardMs: nowMs };
    services.set(key, fresh);
    return fresh;
  }

  function judgePlace(key: string, place: Place, signs: SignsOf | undefined, nowMs: number): Finding | undefined {
    const combined = signs && combineSigns(signs());
    const joint = combined && decadesOf(combined) >= showsDecades ? combined : undefined;
    const s = joint ? judgedOf(key, place, nowMs) : services.get(key);
    if (!s) return undefined;
    const isHeard = telemetry.some((t) => t.isHeard(s.service, s.environment, nowMs));
    const finding = judge(s, joint, isHeard, nowMs);
    if (!s.watched.firing && isForgotten(s.past, nowMs)) services.delete(key);
    return finding;
  }

  return {
    tick(nowMs) {
      if (Math.abs(nowMs - judgedMs) < bucketMs) return [];
      judgedMs = nowMs;
      const signs = signsOf(telemetry, nowMs);
      return [...new Set([...services.keys(), ...signs.keys()])].flatMap((key) => {
        const place = services.get(key) ?? readPlace(key);
        const [work, forget] = [() => judgePlace(key, place, signs.get(key), nowMs), () => services.delete(key)];
        return faults.attempt("signs", place, nowMs, work, forget) ?? [];
      });
    },
    away({ toMs }) {
      for (const s of services.values()) s.heardMs = Math.max(s.heardMs, toMs);
    },
    stats: () => ({ jointServices: services.size, jointServicesRefused: refused }),
  };
}

function readPlace(key: string): Place {
  const [environment = "", service = ""] = JSON.parse(key) as string[];
  return { service, environment };
}

const decadesOf = ({ chance }: Joint): number => -Math.log10(chance);

function judge(s: Judged, joint: Joint | undefined, isHeard: boolean, nowMs: number): Finding | undefined {
  if (joint || isHeard) s.heardMs = nowMs;
  const was = s.watched.firing;
  const bar = joint ? barOf(s.past, joint, nowMs) : Infinity;
  watch(s.watched, look(joint, bar, isHeard, nowMs), nowMs - bucketMs);
  if (joint && s.watched.firing) s.told = { chance: joint.chance, contributions: contributionsOf(joint) };
  end(s, joint, nowMs);
  return s.told && (s.watched.firing || was) ? jointFinding(s, s.told, s.watched, nowMs) : undefined;
}

function barOf(past: WorstOfADay, joint: Joint, nowMs: number): number {
  takeMoment(past, decadesOf(joint), nowMs);
  return Math.max(toldDecades, usualWorst(past, nowMs) + marginDecades);
}

/** What goes on is usual at last, and what nothing is heard of is given up. */
function end({ watched, past, heardMs }: Judged, joint: Joint | undefined, nowMs: number): void {
  const isAbsorbed = joint !== undefined && nowMs - watched.sinceMs >= absorbMs;
  if (!watched.firing || !(isAbsorbed || nowMs - heardMs > idleMs)) return;
  if (isAbsorbed) takeAsUsual(past, decadesOf(joint), nowMs);
  quieten(watched, nowMs);
}

function look(joint: Joint | undefined, bar: number, isHeard: boolean, nowMs: number): Look {
  const chance = joint?.chance ?? 1;
  return {
    evidence: joint ? true : isHeard ? false : undefined,
    significant: joint !== undefined && decadesOf(joint) >= bar,
    suspicious: false,
    direction: "below",
    expected: { low: 10 ** -bar, mid: 1, high: 1 },
    observed: chance,
    latest: chance,
    unusualness: 1 - chance,
    onsetMs: joint?.sinceMs ?? nowMs,
  };
}
