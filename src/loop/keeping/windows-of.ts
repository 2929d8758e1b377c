import type { Incident } from "../incident/incident.ts";
import { calleesOf, callersOf, type Topology } from "../incident/topology.ts";
import type { KeepingRules, KeptWindow } from "./keeping.ts";

/** An incident that goes on for longer is kept whole this long and thinned from then on: what matters is how it began (I11). */
export const wholeMsMax = 6 * 3_600_000;

/**
 * The windows in which telemetry is kept whole: of each incident's services, and of those they call or are called by, from some
 * minutes before it opened until some minutes after it ended. A live one has no end yet. By the care repo's names.
 */
export const windowsOf = (
  incidents: readonly Incident[],
  topologyOf: (environment: string) => Topology,
  { beforeMs, afterMs }: Pick<KeepingRules, "beforeMs" | "afterMs">,
): KeptWindow[] =>
  incidents.flatMap(({ environment, services, openedAtMs, endedAtMs }) => {
    const topology = topologyOf(environment);
    const near = services.flatMap((s) => [s, ...callersOf(topology, s), ...calleesOf(topology, s)]);
    const fromMs = openedAtMs - beforeMs;
    const toMs = Math.min(openedAtMs + wholeMsMax, (endedAtMs ?? Infinity) + afterMs);
    return [...new Set(near)].map((service) => ({ service, environment, fromMs, toMs }));
  });
