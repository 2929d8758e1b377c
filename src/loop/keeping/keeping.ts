import type { Tier } from "../signal/service.ts";

/** Of a minute, in milliseconds: what is thinned is thinned by the minute. */
export const minuteMs = 60_000;
export const minuteOf = (timeMs: number): number => Math.floor(timeMs / minuteMs) * minuteMs;

/** How much of healthy telemetry is kept, and how much around an incident is kept whole (A9). */
export interface KeepingRules {
  /** Share of traces kept, by the tier of the service: 0 to 1. */
  readonly shares: Readonly<Record<Tier, number>>;
  /** Whole from this long before an incident opened until this long after it ended. Telemetry waits in memory for the first. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Telemetry of a service that is kept whole: an incident's own, or next to one. By the names telemetry has. */
export interface KeptWindow {
  readonly service: string;
  readonly environment: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What decides what of telemetry is kept, as of now. */
export interface Keeping {
  /** False when nothing is kept whole, at any time. */
  readonly hasWindows: boolean;
  isWhole(service: string, environment: string, atMs: number): boolean;
  share(service: string, environment: string): number;
}

export interface TieredService {
  readonly telemetryName: string;
  readonly environment: string;
  readonly tier: Tier;
}

/** A service that the care repo does not declare is sampled as tier 3, the default. */
const unknownTier: Tier = 3;

export function createKeeping(
  rules: KeepingRules,
  windows: readonly KeptWindow[],
  services: readonly TieredService[],
): Keeping {
  const spans = Map.groupBy(windows, (w) => nameOf(w.service, w.environment));
  const tiers = new Map(services.map((s) => [nameOf(s.telemetryName, s.environment), s.tier]));
  return {
    hasWindows: spans.size > 0,
    isWhole: (service, environment, atMs) =>
      spans.size > 0 &&
      (spans.get(nameOf(service, environment))?.some((w) => atMs >= w.fromMs && atMs < w.toMs) ?? false),
    share: (service, environment) => rules.shares[tiers.get(nameOf(service, environment)) ?? unknownTier],
  };
}

const nameOf = (service: string, environment: string): string => `${environment}\u0000${service}`;
