import { digestOf } from "../../src/kernel/digest.ts";
import type { Finding } from "../../src/loop/detection/finding.ts";
import { bucketMs, durationBoundsMs, seriesKey, type RedBucket } from "../../src/loop/detection/red.ts";
import { declaredEdges } from "../../src/loop/signal/service.ts";
import type { Group } from "../../src/loop/incident/correlate.ts";
import type { Checker } from "../../src/ports/checker.ts";
import type { TelemetryReader } from "../../src/ports/telemetry.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Shop } from "./shop.ts";

/** Buckets come this much after they are over. */
const lateMs = 2_000;
const requests = 50;

interface View {
  readonly share: number;
  readonly own: number;
}

/** What telemetry shows of the shop; nothing while `lost()` holds. */
export function shopTelemetry(shop: Shop, environment: string, clock: Clock, lost: () => boolean): TelemetryReader {
  const edges = declaredEdges([...shop.targets.values()].map((t) => t.service));
  /** What is past stays as it was. */
  const past = new Map<string, RedBucket>();
  const bucketAt = (series: string, startMs: number, view: (startMs: number) => View): RedBucket => {
    const key = `${series} ${startMs}`;
    const bucket = past.get(key) ?? bucketOf(series, startMs, view(startMs));
    past.set(key, bucket);
    return bucket;
  };
  const read = (series: string, from: number, to: number, view: (startMs: number) => View): RedBucket[] => {
    const buckets: RedBucket[] = [];
    if (lost()) return buckets;
    const untilMs = Math.min(to, clock.nowMs() - lateMs - bucketMs + 1);
    for (let startMs = Math.ceil(from / bucketMs) * bucketMs; startMs < untilMs; startMs += bucketMs)
      buckets.push(bucketAt(series, startMs, view));
    return buckets;
  };
  const service = (name: string, from: number, to: number): RedBucket[] => {
    if (!shop.targets.get(name)?.service.emitsTelemetry) return [];
    return read(seriesKey({ type: "service", service: name, environment }), from, to, (startMs) => ({
      share: shop.share(name, startMs, startMs + bucketMs),
      own: shop.ownShare(name, startMs, startMs + bucketMs),
    }));
  };
  const edge = (of: { from: string; to: string }, from: number, to: number): RedBucket[] =>
    read(seriesKey({ type: "edge", edge: of, environment }), from, to, (startMs) => ({
      share: shop.share(of.to, startMs, startMs + bucketMs),
      own: 0,
    }));
  return {
    service: async (name, _environment, from, to) => service(name, from, to),
    edge: async (of, _environment, from, to) => edge(of, from, to),
    all: async (names, _environment, from, to) => [
      ...names.flatMap((name) => service(name, from, to)),
      ...edges.filter((e) => names.includes(e.from)).flatMap((e) => edge(e, from, to)),
    ],
    edges: async () => (lost() ? [] : edges),
  };
}

function bucketOf(series: string, startMs: number, { share, own }: View): RedBucket {
  const durations = durationBoundsMs.map((_, i) => (i === 10 ? requests : 0)).concat(0);
  return {
    series,
    startMs,
    count: requests,
    errors: Math.round(share * requests),
    ownErrors: Math.round(own * requests),
    durationSumMs: requests * 15,
    durations,
  };
}

/** Asks instances and the shop's front door directly. */
export function shopChecker(shop: Shop, clock: Clock): Checker {
  return {
    async health(url) {
      const name = url.split("/").at(-1) ?? "";
      const instance = [...shop.targets.values()].flatMap((t) => t.instances).find((i) => i.name === name);
      const well = instance !== undefined && instance.alive && !instance.hung;
      return { well, text: `${name} ${well ? "answers" : "does not answer"}` };
    },
    async transaction({ name }) {
      const well = shop.share("gateway", clock.nowMs(), clock.nowMs() + 1) < 0.1;
      return { well, text: `${name} ${well ? "works" : "fails"}` };
    },
  };
}

export interface Detector {
  /** Looks at what is new in the telemetry. */
  look(): void;
  /** Every finding there ever was, as it stands. */
  findings(): readonly Finding[];
  groups(): readonly Group[];
}

/** Findings by a plain rule: two bad buckets fire, three good ones clear, none says nothing. */
export function createDetector(telemetry: TelemetryReader, shop: Shop, environment: string, clock: Clock): Detector {
  const findings = new Map<string, Finding>();
  const subjects = [
    ...[...shop.targets.keys()].map((service) => ({ id: `errors/${service}`, service, edge: undefined })),
    ...declaredEdges([...shop.targets.values()].map((t) => t.service)).map((edge) => ({
      id: `errors/${edge.from}-${edge.to}`,
      service: edge.from,
      edge,
    })),
  ];
  async function judge({ id, service, edge }: (typeof subjects)[number]): Promise<void> {
    const nowMs = clock.nowMs();
    const buckets = edge
      ? await telemetry.edge(edge, environment, nowMs - 30_000, nowMs)
      : await telemetry.service(service, environment, nowMs - 30_000, nowMs);
    const bad = (b: RedBucket): boolean => b.errors / b.count > 0.05;
    const known = findings.get(id);
    const fires = buckets.length >= 2 && buckets.slice(-2).every(bad);
    const clears = buckets.length >= 3 && !buckets.slice(-3).some(bad);
    if (fires && known?.state !== "firing") {
      const sinceMs = buckets.find(bad)?.startMs ?? nowMs;
      findings.set(id, findingOf(id, service, edge, environment, "firing", sinceMs, nowMs));
    } else if (clears && known?.state === "firing")
      findings.set(id, findingOf(id, service, edge, environment, "cleared", known.sinceMs, nowMs));
  }
  return {
    look: () => void Promise.all(subjects.map(judge)),
    findings: () => [...findings.values()],
    groups() {
      const firing = [...findings.values()].filter((f) => f.state === "firing");
      const lasting = firing.some((f) => clock.nowMs() - f.atMs >= 5_000);
      return lasting ? [{ environment, findings: firing, alerts: [], why: "errors on both sides of a call" }] : [];
    },
  };
}

function findingOf(
  id: string,
  service: string,
  edge: Finding["edge"] | undefined,
  environment: string,
  state: Finding["state"],
  sinceMs: number,
  atMs: number,
): Finding {
  return {
    id,
    service,
    environment,
    dimension: "errors",
    ...(edge ? { edge } : {}),
    state,
    direction: "above",
    expected: { low: 0, mid: 0, high: 0.01 },
    observed: state === "firing" ? 0.4 : 0,
    unit: "share",
    unusualness: 0.99,
    sinceMs,
    atMs,
    agreeing: [],
    telemetry: digestOf([id, sinceMs]),
    summary: `${service} ${state === "firing" ? "fails many requests" : "is back to normal"}`,
  };
}
