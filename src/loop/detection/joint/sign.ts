import type { Contribution, JointDimension } from "../finding.ts";

/** One dimension of a service that is odd now, as one kind of telemetry shows it. */
export interface Sign {
  readonly dimension: JointDimension;
  readonly from: Contribution["from"];
  /** How probable as much is by chance at one look in usual times, however many series were looked at for it. */
  readonly chance: number;
  readonly sinceMs: number;
  /** What is seen and what is usual, in words. */
  readonly told: () => string;
}

/** What is more probable than this is no sign. */
export const signMax = 0.05;

/** The signs of one service: looked at only when called, which may throw. */
export type SignsOf = () => readonly Sign[];

/** A kind of telemetry that is watched for signs. */
export interface Signs {
  /** How to look at what is odd now about each service, however weakly; keys are those of `placeOf`. Services as usual may be left out. */
  signs(nowMs: number): ReadonlyMap<string, SignsOf>;
  /** Whether there is fresh telemetry of a service: silence is no recovery (B7). */
  isHeard(service: string, environment: string, nowMs: number): boolean;
}

/** The signs of each service, of whichever kind of telemetry. */
export function signsOf(all: readonly Signs[], nowMs: number): Map<string, SignsOf> {
  const joined = new Map<string, SignsOf>();
  for (const kind of all)
    for (const [place, signs] of kind.signs(nowMs)) {
      const others = joined.get(place);
      joined.set(place, others ? () => [...others(), ...signs()] : signs);
    }
  return joined;
}
