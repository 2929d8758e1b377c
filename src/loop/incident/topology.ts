import type { Edge } from "../detection/finding.ts";

/** Who calls whom: declared in the care repo, learned from traces, or both (C3). */
export interface Topology {
  readonly edges: readonly (Edge & { readonly source: "declared" | "learned" | "both" })[];
}

export const callersOf = (topology: Topology, service: string): string[] =>
  topology.edges.filter((e) => e.to === service).map((e) => e.from);

export const calleesOf = (topology: Topology, service: string): string[] =>
  topology.edges.filter((e) => e.from === service).map((e) => e.to);

/** Joins declared and learned edges; an edge both know is marked so. Order: sorted, so the result is digestible. */
export function joinTopology(declared: readonly Edge[], learned: readonly Edge[]): Topology {
  const key = (e: Edge) => `${e.from}\u0000${e.to}`;
  const learnedKeys = new Set(learned.map(key));
  const declaredKeys = new Set(declared.map(key));
  const all = new Map([...declared, ...learned].map((e) => [key(e), { from: e.from, to: e.to }] as const));
  const edges = [...all]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, e]) => {
      const both = learnedKeys.has(k) && declaredKeys.has(k);
      return {
        ...e,
        source: both ? ("both" as const) : learnedKeys.has(k) ? ("learned" as const) : ("declared" as const),
      };
    });
  return { edges };
}
