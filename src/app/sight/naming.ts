import type { Edge, Finding } from "../../loop/detection/finding.ts";
import type { RedBucket } from "../../loop/detection/red.ts";
import { placeOf } from "../../loop/detection/slo-watch.ts";
import type { Group } from "../../loop/incident/correlate.ts";
import type { Service } from "../../loop/signal/service.ts";
import type { TelemetryReader } from "../../ports/telemetry.ts";
import { nameNotable } from "./name-notable.ts";
import type { ReadNotable } from "./notable.ts";

/** Telemetry has its names for services, the care repo its own; everything beyond detection speaks the care repo's. */
export interface Naming {
  finding(finding: Finding): Finding;
  group<G extends Group>(group: G): G;
  reader(reader: TelemetryReader): TelemetryReader;
  /** What telemetry calls a service. */
  seen(service: string, environment: string): string;
  /** What the care repo calls it. */
  declared(service: string, environment: string): string;
  notable(read: ReadNotable): ReadNotable;
}

export function createNaming(services: () => readonly Service[]): Naming {
  let known = differingOf([]);
  // Asked for every finding, and of thousands of services at a time: those who differ are looked for once for each configuration.
  const differing = (): Differing => {
    const of = services();
    if (known.of !== of) known = differingOf(of);
    return known;
  };
  const declared = (name: string, environment: string): string =>
    differing().names.get(placeOf(name, environment)) ?? name;
  const seen = (name: string, environment: string): string =>
    differing().telemetryNames.get(placeOf(name, environment)) ?? name;
  const edgeBy = (rename: typeof seen, edge: Edge, environment: string): Edge => ({
    from: rename(edge.from, environment),
    to: rename(edge.to, environment),
  });

  const finding = (f: Finding): Finding => ({
    ...f,
    service: declared(f.service, f.environment),
    ...(f.edge ? { edge: edgeBy(declared, f.edge, f.environment) } : {}),
  });
  /** Series keys are JSON arrays of a kind, the environment and names; only the names of services change. */
  const bucket = (b: RedBucket): RedBucket => {
    const [kind, environment, name, other] = JSON.parse(b.series) as [string, string, string, string?];
    const renamed =
      kind === "edge"
        ? [kind, environment, declared(name, environment), declared(other ?? "", environment)]
        : [kind, environment, declared(name, environment), ...(other === undefined ? [] : [other])];
    return { ...b, series: JSON.stringify(renamed) };
  };
  return {
    seen,
    declared,
    finding: (f) => (differing().names.size === 0 ? f : finding(f)),
    group: (g) => (differing().names.size === 0 ? g : { ...g, findings: g.findings.map(finding) }),
    reader: (reader) => ({
      service: async (service, environment, fromMs, toMs) =>
        (await reader.service(seen(service, environment), environment, fromMs, toMs)).map(bucket),
      edge: async (edge, environment, fromMs, toMs) =>
        (await reader.edge(edgeBy(seen, edge, environment), environment, fromMs, toMs)).map(bucket),
      all: async (names, environment, fromMs, toMs) =>
        (
          await reader.all(
            names.map((n) => seen(n, environment)),
            environment,
            fromMs,
            toMs,
          )
        ).map(bucket),
      edges: async (environment, withinMs) =>
        (await reader.edges(environment, withinMs)).map((e) => edgeBy(declared, e, environment)),
    }),
    notable: (read) => nameNotable(read, seen, declared),
  };
}

/** Services whose telemetry has another name than they have, by where each name stands. */
interface Differing {
  readonly of: readonly Service[];
  readonly names: ReadonlyMap<string, string>;
  readonly telemetryNames: ReadonlyMap<string, string>;
}

function differingOf(of: readonly Service[]): Differing {
  // The first of several counts: it is set last.
  const differing = of.filter((s) => s.telemetryName !== s.name).toReversed();
  return {
    of,
    names: new Map(differing.map((s) => [placeOf(s.telemetryName, s.environment), s.name])),
    telemetryNames: new Map(differing.map((s) => [placeOf(s.name, s.environment), s.telemetryName])),
  };
}
