import { ok, type Result } from "../kernel/result.ts";
import { compareTopology } from "../loop/incident/compare-topology.ts";
import { learnedForMs } from "../loop/incident/topology.ts";
import {
  saidName,
  undeclaredCallWords,
  undeclaredServiceWords,
  unheardServiceWords,
  unseenCallWords,
} from "../loop/incident/topology-words.ts";
import { topologyOf } from "./gather.ts";
import { refuse } from "./operate.ts";
import type { EnvironmentTopology, Listed, Refusal, TopologyQuery, TopologyView } from "./operations.ts";
import type { World } from "./world.ts";

/** Environments of one answer, and of one message; telemetry may name any (I11). */
const environmentsMax = 10;

type Parts = Pick<World, "config" | "telemetry" | "clock" | "traces" | "heard">;

/** Services and calls as declared and as learned, and where the two differ (C3). */
export async function viewTopology(world: Parts, query: TopologyQuery): Promise<Result<TopologyView, Refusal>> {
  const nowMs = world.clock.nowMs();
  const { sinceMs, services: heard } = world.heard?.() ?? { sinceMs: nowMs, services: [] };
  const declared = world.config().services;
  const lately = heard.filter((h) => h.lastMs > nowMs - learnedForMs);
  const known = [...new Set([...namesOf(declared), ...namesOf(lately)])];
  const asked = query.environment === undefined ? known : known.filter((name) => name === query.environment);
  if (query.environment !== undefined && asked.length === 0) return unknown(query.environment, known);
  const environments: EnvironmentTopology[] = [];
  const common = { declared, heard, traced: world.traces?.services() ?? [], nowMs, sinceMs };
  for (const environment of asked.slice(0, environmentsMax))
    environments.push(shown({ ...common, environment, topology: await topologyOf(world, environment) }, query.limit));
  const environmentsLeftOut = asked.length - environments.length;
  return ok({ nowMs, sinceMs, withinMs: learnedForMs, environments, environmentsLeftOut });
}

const namesOf = (places: readonly { readonly environment: string }[]): string[] =>
  [...new Set(places.map((p) => p.environment))].toSorted();

function unknown(environment: string, known: readonly string[]): Result<never, Refusal> {
  const more = known.length > environmentsMax ? ` and ${known.length - environmentsMax} more` : "";
  const names = known.slice(0, environmentsMax).map(saidName).join(", ");
  const which = known.length === 0 ? "none is known yet" : `known are ${names}${more}`;
  return refuse("not-found", `no service is declared or heard in the environment ${saidName(environment)}: ${which}`);
}

function shown(sources: Parameters<typeof compareTopology>[0], limit: number): EnvironmentTopology {
  const found = compareTopology(sources);
  const listed = <T, U>(of: readonly T[], show: (one: T) => U): Listed<U> => ({
    total: of.length,
    shown: of.slice(0, limit).map(show),
  });
  return {
    environment: sources.environment,
    services: listed(found.services, (s) => s),
    calls: listed(found.calls, (c) => c),
    callsUnknown: found.calls.filter((c) => c.isSeen === null).length,
    differences: {
      undeclaredCalls: listed(found.undeclaredCalls, (c) => ({ from: c.from, to: c.to, ...undeclaredCallWords(c) })),
      unseenCalls: listed(found.unseenCalls, (c) => ({ from: c.from, to: c.to, ...unseenCallWords(c) })),
      undeclaredServices: listed(found.undeclaredServices, (s) => ({ service: s.name, ...undeclaredServiceWords(s) })),
      unheardServices: listed(found.unheardServices, (s) => ({ service: s.name, ...unheardServiceWords(s) })),
    },
  };
}
