import { forgottenMs, type HeardService } from "../detection/absence.ts";
import { placeOf } from "../detection/slo-watch.ts";
import type { Service } from "../signal/service.ts";
import { learnedForMs, type Topology } from "./topology.ts";

type Declared = Pick<Service, "name" | "environment" | "telemetryName" | "dependsOn" | "emitsTelemetry">;
type Place = Pick<HeardService, "service" | "environment">;

/** What is declared of all environments, and what was learned, by the care repo's names. */
export interface Sources {
  readonly environment: string;
  readonly declared: readonly Declared[];
  /** Of this environment. */
  readonly topology: Topology;
  readonly heard: readonly HeardService[];
  /** Services that traces told of lately: whom they call would have been seen. */
  readonly traced: readonly Place[];
  readonly nowMs: number;
  /** Since when telemetry is taken in. */
  readonly sinceMs: number;
}

export interface KnownService {
  readonly name: string;
  readonly isDeclared: boolean;
  /** As declared; true of one that is not. */
  readonly emitsTelemetry: boolean;
  /** Within `learnedForMs`. */
  readonly isHeard: boolean;
  readonly lastHeardMs: number | null;
}

export interface KnownCall {
  readonly from: string;
  readonly to: string;
  readonly source: Topology["edges"][number]["source"];
  /** Null where it would not be known: the caller sends no traces, and absence is not health. */
  readonly isSeen: boolean | null;
}

export interface UndeclaredCall {
  readonly from: string;
  readonly to: string;
  readonly isCalleeDeclared: boolean;
}

export interface UnseenCall {
  readonly from: string;
  readonly to: string;
  /** For how long it was looked for. */
  readonly forMs: number;
}

export interface UndeclaredService {
  readonly name: string;
  /** Whom it calls. */
  readonly calls: readonly string[];
  /** Other environments, in which what goes by this name is declared. */
  readonly declaredIn: readonly string[];
}

export interface UnheardService {
  readonly name: string;
  readonly telemetryName: string;
  readonly lastHeardMs: number | null;
  /** For how long nothing was heard, where it never was. */
  readonly forMs: number;
  /** Other environments, in which nobody is declared whose telemetry goes by this name, and from which such telemetry comes. */
  readonly heardIn: readonly string[];
}

/** Services, calls, and where what is declared differs from what was learned. Each list is in order of names. */
export interface TopologyComparison {
  readonly services: readonly KnownService[];
  readonly calls: readonly KnownCall[];
  /** Calls that declared services make, and are not declared to. Those of others are told with their callers. */
  readonly undeclaredCalls: readonly UndeclaredCall[];
  readonly unseenCalls: readonly UnseenCall[];
  readonly undeclaredServices: readonly UndeclaredService[];
  readonly unheardServices: readonly UnheardService[];
}

/** Compares the declared topology of an environment with the learned one (C3). What cannot be known is no difference. */
export function compareTopology(sources: Sources): TopologyComparison {
  const { declared, topology, nowMs, sinceMs } = sources;
  const services = servicesOf(sources);
  const calls = callsOf(sources);
  const own = ownOf(sources);
  const anywhere = new Set(declared.map((d) => d.name));
  const callees = Map.groupBy(topology.edges, (e) => e.from);
  const listenedMs = Math.max(0, nowMs - sinceMs);
  const elsewhere = otherEnvironments(sources);
  return {
    services,
    calls,
    undeclaredCalls: calls
      .filter((c) => c.source === "learned" && own.has(c.from))
      .map(({ from, to }) => ({ from, to, isCalleeDeclared: anywhere.has(to) })),
    unseenCalls: calls
      .filter((c) => c.isSeen === false)
      .map(({ from, to }) => ({ from, to, forMs: Math.min(learnedForMs, listenedMs) })),
    undeclaredServices: services
      .filter((s) => !s.isDeclared)
      .map(({ name }) => ({
        name,
        calls: (callees.get(name) ?? []).map((e) => e.to),
        declaredIn: elsewhere.declaring(name),
      })),
    unheardServices: services
      .filter((s) => s.isDeclared && s.emitsTelemetry && !s.isHeard)
      .map(({ name, lastHeardMs }) => {
        const telemetryName = own.get(name)?.telemetryName ?? name;
        const forMs = Math.min(forgottenMs, listenedMs);
        return { name, telemetryName, lastHeardMs, forMs, heardIn: elsewhere.hearing(telemetryName) };
      }),
  };
}

const ownOf = ({ environment, declared }: Sources): ReadonlyMap<string, Declared> =>
  new Map(declared.filter((d) => d.environment === environment).map((d) => [d.name, d]));

function servicesOf(sources: Sources): KnownService[] {
  const { environment, topology, heard, nowMs } = sources;
  const own = ownOf(sources);
  const last = new Map(heard.filter((h) => h.environment === environment).map((h) => [h.service, h.lastMs] as const));
  const recent = [...last].filter(([, lastMs]) => lastMs > nowMs - learnedForMs).map(([name]) => name);
  // Whoever was seen to call was heard, also where it came once and was forgotten since.
  const lately = new Set([...recent, ...topology.edges.filter(isLearned).map((e) => e.from)]);
  return [...new Set([...own.keys(), ...lately])].toSorted().map((name) => ({
    name,
    isDeclared: own.has(name),
    emitsTelemetry: own.get(name)?.emitsTelemetry ?? true,
    isHeard: lately.has(name),
    lastHeardMs: last.get(name) ?? null,
  }));
}

function callsOf({ environment, declared, topology, traced }: Sources): KnownCall[] {
  const silent = new Set(declared.filter((d) => !d.emitsTelemetry).map((d) => d.name));
  const told = new Set([
    ...traced.filter((t) => t.environment === environment).map((t) => t.service),
    ...topology.edges.filter(isLearned).map((e) => e.from),
  ]);
  const isKnown = (caller: string): boolean => told.has(caller) && !silent.has(caller);
  return topology.edges.map((e) => ({ ...e, isSeen: isLearned(e) ? true : isKnown(e.from) ? false : null }));
}

const isLearned = ({ source }: Topology["edges"][number]): boolean => source !== "declared";

/** Where else a name is: telemetry of the wrong environment is heard there and missed here. */
function otherEnvironments({ environment, declared, heard }: Sources) {
  const telemetryNames = Map.groupBy(
    declared.filter((d) => d.environment !== environment),
    (d) => d.telemetryName,
  );
  // Heard services go by the care repo's names: one that is declared where it is heard is at home there.
  const homes = new Set(declared.map((d) => placeOf(d.name, d.environment)));
  const strangers = Map.groupBy(
    heard.filter((h) => h.environment !== environment && !homes.has(placeOf(h.service, h.environment))),
    (h) => h.service,
  );
  return {
    declaring: (name: string): string[] => environmentsOf(telemetryNames.get(name)),
    hearing: (name: string): string[] => environmentsOf(strangers.get(name)),
  };
}

const environmentsOf = (of: readonly { readonly environment: string }[] = []): string[] =>
  [...new Set(of.map((o) => o.environment))].toSorted();
