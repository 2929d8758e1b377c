import type { Edge } from "../detection/finding.ts";

/** How long a call that was seen counts as one that is made. */
export const learnedForMs = 30 * 60_000;

/** Who calls whom: declared in the care repo, learned from traces, or both (C3). */
export interface Topology {
  readonly edges: readonly (Edge & { readonly source: "declared" | "learned" | "both" })[];
}

export const callersOf = (topology: Topology, service: string): string[] => [
  ...(neighboursOf(topology).callers.get(service) ?? []),
];

export const calleesOf = (topology: Topology, service: string): string[] => [
  ...(neighboursOf(topology).callees.get(service) ?? []),
];

interface Neighbours {
  readonly callers: ReadonlyMap<string, readonly string[]>;
  readonly callees: ReadonlyMap<string, readonly string[]>;
}

/** Made once for each topology: it is asked about thousands of services, and a search of all edges each time adds up. */
const neighbours = new WeakMap<Topology, Neighbours>();

function neighboursOf(topology: Topology): Neighbours {
  const known = neighbours.get(topology);
  if (known) return known;
  const [callers, callees] = [new Map<string, string[]>(), new Map<string, string[]>()];
  const add = (to: Map<string, string[]>, key: string, value: string): void => {
    const list = to.get(key);
    if (list) list.push(value);
    else to.set(key, [value]);
  };
  for (const { from, to } of topology.edges) {
    add(callers, to, from);
    add(callees, from, to);
  }
  const made = { callers, callees };
  neighbours.set(topology, made);
  return made;
}

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
