import type { Contribution, Edge, Finding } from "./finding.ts";

/** Findings that agree, worth an incident. The same shape as the correlation's group; alerts join later. */
export interface ConfirmedGroup {
  readonly environment: string;
  readonly findings: readonly Finding[];
  readonly alerts: readonly never[];
  readonly why: string;
}

/** Symptoms of one cause begin within this of each other. */
const togetherMs = 2 * 60_000;

/** Dimensions that hurt somebody by themselves; traffic, logs and silence only ever support them. */
const strong: ReadonlySet<string> = new Set([
  "errors",
  "duration",
  "burn-rate",
  "alert",
  "health",
  "saturation",
  "calls",
]);

/**
 * Connected findings (the same service, or next to each other over an edge, begun within 2 minutes) that are worth an
 * incident (B4): two agreeing signals, of different dimensions or services, each seen for longer than `confirmMs`. One signal
 * never is, however loud. Silence of several services alone is returned too, so that people hear of lost telemetry.
 */
export function confirm(
  firing: readonly Finding[],
  edges: readonly Edge[],
  nowMs: number,
  confirmMs: number,
): ConfirmedGroup[] {
  const near = neighbours(edges);
  const live = firing.filter((f) => f.state === "firing" && f.sinceMs <= nowMs);
  return connected(live, near).flatMap((findings) => {
    const why = worth(findings, confirmMs);
    const [first] = findings;
    return why === undefined || !first ? [] : [{ environment: first.environment, findings, alerts: [], why }];
  });
}

/** Why a group is worth an incident; `undefined` when it is not. */
function worth(findings: readonly Finding[], confirmMs: number): string | undefined {
  const lasting = findings.filter((f) => f.atMs - f.sinceMs > confirmMs);
  const signals = new Set(lasting.flatMap((f) => signalsOf(f).map((signal) => JSON.stringify([f.service, signal]))));
  const services = new Set(lasting.map((f) => f.service));
  if (lasting.some((f) => f.urgency === "page") && findings.length >= 2)
    return `an SLO burns its budget at paging speed and ${findings.length - 1} more ${findings.length === 2 ? "finding agrees" : "findings agree"}`;
  if (lasting.length > 0 && lasting.every((f) => f.dimension === "absence"))
    return services.size >= 2
      ? `${services.size} services went silent: ${[...services].toSorted().join(", ")}`
      : undefined;
  const kinds = new Set(lasting.flatMap(signalsOf));
  if (signals.size < 2 || !(kinds.size >= 2 || [...kinds].some((k) => strong.has(k)))) return undefined;
  return `${signals.size} signals agree: ${[...kinds].toSorted().join(", ")} of ${[...services].toSorted().join(", ")}`;
}

/** A dimension that adds less than this to a judgement of several is none of its signals. */
const shareMin = 0.1;
const ofRequests: Partial<Record<Contribution["dimension"], string>> = {
  latency: "duration",
  errors: "errors",
  traffic: "rate",
};

/** What a finding rests on, so that what is told twice counts once: a joint finding on what its dimensions were seen in. */
const signalsOf = ({ dimension, contributions }: Finding): string[] =>
  contributions
    ? contributions
        .filter((c) => c.share >= shareMin)
        .map((c) => (c.from === "requests" ? (ofRequests[c.dimension] ?? c.dimension) : c.from))
    : [dimension];

type Near = ReadonlyMap<string, ReadonlySet<string>>;

function neighbours(edges: readonly Edge[]): Near {
  const near = new Map<string, Set<string>>();
  const add = (a: string, b: string) => near.set(a, (near.get(a) ?? new Set()).add(b));
  for (const { from, to } of edges) {
    add(from, to);
    add(to, from);
  }
  return near;
}

const placesOf = (f: Finding): string[] => (f.edge ? [f.service, f.edge.to] : [f.service]);

function adjacent(a: Finding, b: Finding, near: Near): boolean {
  if (a.environment !== b.environment || Math.abs(a.sinceMs - b.sinceMs) > togetherMs) return false;
  if (a.dimension === "absence" && b.dimension === "absence") return true;
  return placesOf(a).some((x) => placesOf(b).some((y) => x === y || near.get(x)?.has(y) === true));
}

function connected(findings: readonly Finding[], near: Near): Finding[][] {
  const rest = new Set(findings);
  const groups: Finding[][] = [];
  for (const seed of findings) {
    if (!rest.delete(seed)) continue;
    const group = [seed];
    for (const member of group)
      for (const other of rest)
        if (adjacent(member, other, near)) {
          rest.delete(other);
          group.push(other);
        }
    groups.push(group);
  }
  return groups;
}
