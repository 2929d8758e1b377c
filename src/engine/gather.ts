import { textOfJson, type Json } from "../kernel/json.ts";
import type { Diagnosis } from "../loop/diagnosis/diagnosis.ts";
import type { KnownGood, Scene } from "../loop/diagnosis/scene.ts";
import type { ChangeSignal } from "../loop/signal/signal.ts";
import { declaredEdges, type Service } from "../loop/signal/service.ts";
import type { Edge } from "../loop/detection/finding.ts";
import { changeLookbackMs } from "../loop/incident/correlate.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { calleesOf, callersOf, joinTopology, learnedForMs, type Topology } from "../loop/incident/topology.ts";
import { bucketMs, type RedBucket } from "../loop/detection/red.ts";
import { gatherMetrics } from "./gather-metrics.ts";
import { gatherOperations } from "./gather-operations.ts";
import { lookAt, type World } from "./world.ts";

/**
 * Telemetry from so long before the onset is read, so that what was normal can be seen: the more services are near, the less, so that about
 * so many buckets are read (I11). A service has about four series: its own, an instance, a version and an edge.
 */
const lookbackMs = { least: 120_000, most: 600_000 } as const;
const bucketsMax = 60_000;
const seriesEach = 4;
/** Targets looked at for one diagnosis (I11). */
const targetsMax = 60;
/** Services around an incident, and those of its own from which whom they call is looked for first (I11). */
const nearMax = 300;
const firstMax = 50;

/** Gathers everything the diagnosis may read about an incident. Reads only. */
export async function gather(world: World, incident: Incident, tried: readonly string[]): Promise<Scene> {
  const { services, signatures } = world.config();
  const nowMs = world.clock.nowMs();
  const topology = await topologyOf(world, incident.environment);
  const near = neighbourhood(incident, topology);
  const declared = services
    .filter((s) => s.environment === incident.environment && near.has(s.name))
    .slice(0, targetsMax);
  const names = declared.map((s) => s.name);
  const [targets, known, red, changes, metrics] = await Promise.all([
    Promise.all(names.map((name) => lookAt(world, name))),
    knownGoodOf(world, names, incident.environment),
    readRed(world, incident, [...near], nowMs),
    world.store.inbox.changes(incident.environment, incident.sinceMs - changeLookbackMs),
    gatherMetrics(world, incident, declared, nowMs),
  ]);
  const recentTraces = world.recentTraces?.(incident.environment, [...near], incident.sinceMs - lookbackMs.most);
  return {
    incident,
    nowMs,
    services,
    topology: around(topology, near),
    changes: joinChanges(changes, incident.changes),
    exits: world.exits(),
    targets: Object.fromEntries(targets.map((t) => [t.service, t])),
    knownGood: known,
    red,
    tried,
    ...(metrics ? { metrics } : {}),
    ...(recentTraces ? { recentTraces } : {}),
    signatures,
    ...world.notable?.(incident.environment, [...near]),
    ...gatherOperations(world, incident, [...near], nowMs),
  };
}

export async function topologyOf(world: Pick<World, "config" | "telemetry">, environment: string): Promise<Topology> {
  const { services } = world.config();
  const learned = await world.telemetry.edges(environment, learnedForMs);
  const made = topologies.get(services) ?? new Map<string, Joined>();
  const known = made.get(environment);
  if (known && sameEdges(known.learned, learned)) return known.topology;
  const declared = declaredEdges(services.filter((s) => s.environment === environment));
  const topology = joinTopology(declared, learned);
  // Alerts name environments, and whoever sends them may name any.
  if (made.size >= environmentsMax) made.clear();
  topologies.set(services, made.set(environment, { learned, topology }));
  return topology;
}

interface Joined {
  readonly learned: readonly Edge[];
  readonly topology: Topology;
}

/** The last topology of each environment, by what is declared: it rarely changes, and with thousands of services it takes long to make. */
const topologies = new WeakMap<readonly Service[], Map<string, Joined>>();
const environmentsMax = 50;

const sameEdges = (a: readonly Edge[], b: readonly Edge[]): boolean =>
  a.length === b.length && a.every((e, i) => e.from === b[i]?.from && e.to === b[i]?.to);

/** Known-good values of services, by name; a member is absent when nothing was recorded. */
export async function knownGoodOf(
  world: World,
  services: readonly string[],
  environment: string,
): Promise<Record<string, KnownGood>> {
  const latest = Map.groupBy(await world.store.knownGood.latest(services, environment), (k) => k.service);
  return Object.fromEntries(services.map((name) => [name, knownGood(latest.get(name) ?? [])]));
}

function knownGood(latest: readonly { readonly aspect: string; readonly value: Json }[]): KnownGood {
  const of = (aspect: string): Json | undefined => latest.find((k) => k.aspect === aspect)?.value;
  const [release, config, flags] = [of("release"), of("config"), of("flags")];
  return {
    ...(release === undefined ? {} : { release: textOfJson(release) }),
    ...(config === undefined ? {} : { config: config as Record<string, string> }),
    ...(flags === undefined ? {} : { flags: flags as Record<string, string> }),
  };
}

/** The part of a topology that has to do with an incident: of thousands of services, the others only cost time. */
const around = (topology: Topology, near: ReadonlySet<string>): Topology => ({
  edges: topology.edges.filter((e) => near.has(e.from) || near.has(e.to)),
});

/** The hurt, whom they call however far down, and who calls them. Whom the worst hurt call comes before the many who are hurt too. */
function neighbourhood(incident: Incident, topology: Topology): Set<string> {
  const near = new Set<string>();
  const queue = incident.services.slice(0, firstMax);
  while (queue.length > 0 && near.size < nearMax) {
    const service = queue.shift();
    if (service === undefined || near.has(service)) continue;
    near.add(service);
    queue.push(...calleesOf(topology, service));
  }
  for (const service of incident.services) if (near.size < nearMax) near.add(service);
  // Whoever else calls them can say whether they are well.
  for (const service of Array.from(near)) for (const caller of callersOf(topology, service)) near.add(caller);
  return near;
}

async function readRed(
  world: World,
  incident: Incident,
  services: readonly string[],
  nowMs: number,
): Promise<Record<string, readonly RedBucket[]>> {
  const steps = bucketsMax / (seriesEach * services.length);
  const pastMs = Math.min(lookbackMs.most, Math.max(lookbackMs.least, Math.floor(steps) * bucketMs));
  const buckets = await world.telemetry.all(services, incident.environment, incident.sinceMs - pastMs, nowMs);
  return Object.fromEntries(Map.groupBy(buckets, (b) => b.series));
}

const joinChanges = (stored: readonly ChangeSignal[], seen: readonly ChangeSignal[]): ChangeSignal[] =>
  [...new Map([...stored, ...seen].map((c) => [c.id, c] as const)).values()].toSorted(
    (a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1),
  );

export const top = (diagnosis: Diagnosis): string => {
  const [first] = diagnosis.hypotheses;
  return first
    ? `${first.service}: ${first.cause}${first.subject ? ` (${first.subject})` : ""}, confidence ${first.confidence.toFixed(2)}`
    : "nothing credible found";
};
