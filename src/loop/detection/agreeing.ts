import type { Edge, Finding } from "./finding.ts";

/** Ids named per finding at most (I11). */
const namedMax = 20;

/** Firing findings that say the same: other dimensions of the same service, or its neighbours over an edge. */
export function withAgreeing(firing: readonly Finding[], edges: readonly Edge[]): Finding[] {
  const near = new Map<string, Set<string>>();
  const link = (a: string, b: string) => near.set(a, (near.get(a) ?? new Set([a])).add(b));
  for (const { from, to } of edges) {
    link(from, to);
    link(to, from);
  }
  const by = Map.groupBy(firing, (f) => JSON.stringify([f.environment, f.service]));
  return firing.map((f) => {
    const around = new Set([...(near.get(f.service) ?? [f.service]), ...(f.edge ? [f.edge.to] : [])]);
    const ids = [...around].flatMap((s) => (by.get(JSON.stringify([f.environment, s])) ?? []).map((o) => o.id));
    return {
      ...f,
      agreeing: ids
        .filter((id) => id !== f.id)
        .toSorted()
        .slice(0, namedMax),
    };
  });
}
