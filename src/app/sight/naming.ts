import type { Edge, Finding } from "../../loop/detection/finding.ts";
import type { RedBucket } from "../../loop/detection/red.ts";
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
  let known: { readonly of: readonly Service[]; readonly differing: readonly Service[] } = { of: [], differing: [] };
  // Asked for every finding and every read: those who differ are looked for once for each configuration.
  const differing = (): readonly Service[] => {
    const of = services();
    if (known.of !== of) known = { of, differing: of.filter((s) => s.telemetryName !== s.name) };
    return known.differing;
  };
  const declared = (name: string, environment: string): string =>
    differing().find((s) => s.telemetryName === name && s.environment === environment)?.name ?? name;
  const seen = (name: string, environment: string): string =>
    differing().find((s) => s.name === name && s.environment === environment)?.telemetryName ?? name;
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
    finding: (f) => (differing().length === 0 ? f : finding(f)),
    group: (g) => (differing().length === 0 ? g : { ...g, findings: g.findings.map(finding) }),
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
