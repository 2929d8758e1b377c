import type { LogSignal } from "../signal/signal.ts";
import { createAbsence } from "./absence.ts";
import { withAgreeing } from "./agreeing.ts";
import { takeSloBucket, watchSlo, type BurnRate } from "./burn-rate.ts";
import type { Edge, Finding } from "./finding.ts";
import { bucketMs, type RedBucket } from "./red.ts";
import { parseSeriesName } from "./series-name.ts";
import type { Slo } from "./slo.ts";
import { findingOf, redDimensions, takeBucket, watchSeries, type SeriesWatch } from "./watch-series.ts";

export interface DetectorOptions {
  /** Service and edge series watched at one time; further ones are refused and counted. */
  readonly seriesMax: number;
}

/** What the detectors need to know of a declared service. */
export interface Watchable {
  readonly telemetryName: string;
  readonly environment: string;
  readonly emitsTelemetry: boolean;
}

/** A finding that goes on is told again at most this often. */
const retellMs = 10_000;

/**
 * All detectors together: RED baselines per service and edge, SLO burn rates, logs, silence (B1 to B7). Streaming; what it
 * says at a time depends on nothing later. Services are named as their telemetry names them.
 */
export interface Detector {
  /** The SLOs to watch, and declared services; what was learned of the rest stays. */
  configure(slos: readonly Slo[], services?: readonly Watchable[]): void;
  /** Complete buckets, oldest first per series. */
  ingestBuckets(buckets: readonly RedBucket[]): void;
  ingestLogs(logs: readonly LogSignal[], nowMs: number): void;
  /** Findings that fired, materially changed (each at most every 10 s) or cleared since the last tick. */
  tick(nowMs: number): Finding[];
  firing(): Finding[];
  stats(): Record<string, number>;
}

export function createDetector(given: Partial<DetectorOptions> = {}): Detector {
  const seriesMax = given.seriesMax ?? 200_000;
  const series = new Map<string, SeriesWatch | null>();
  const absence = createAbsence();
  const edges = new Map<string, Edge>();
  const current = new Map<string, Finding>();
  const told = new Map<string, { readonly summary: string; readonly atMs: number }>();
  const dirty = new Set<SeriesWatch>();
  const burns = new Map<string, BurnRate>();
  let burnsOf = new Map<string, BurnRate[]>();
  let silent = new Set<string>();
  let fresh: Finding[] = [];
  let refused = 0;

  function watchOf(key: string): SeriesWatch | null {
    const known = series.get(key);
    if (known !== undefined) return known;
    if (series.size >= seriesMax) {
      refused++;
      return null;
    }
    const name = parseSeriesName(key);
    const made = name ? watchSeries(name) : null;
    series.set(key, made);
    if (name?.edge) edges.set(key, name.edge);
    return made;
  }

  function take(bucket: RedBucket): void {
    const s = watchOf(bucket.series);
    if (!s) return;
    const { service, environment, type } = s.name;
    takeBucket(s, bucket);
    if (redDimensions.some((d) => s.watched[d].firing || current.has(`${findingKey(s)}/${d}@${environment}`)))
      dirty.add(s);
    if (type !== "service") return;
    absence.heard(service, environment, bucket.startMs + bucketMs);
    for (const burn of burnsOf.get(who(service, environment)) ?? []) {
      const finding = takeSloBucket(burn, bucket);
      if (finding) fresh.push(finding);
    }
  }

  function redFindings(nowMs: number): Finding[] {
    const found = [...dirty].flatMap((s) => redDimensions.flatMap((d) => findingOf(s, d, nowMs) ?? []));
    dirty.clear();
    return found.filter((f) => f.state === "firing" || current.has(f.id));
  }

  /** Little traffic says nothing beside no telemetry at all. */
  function unlessAbsent(f: Finding, nowMs: number): Finding {
    if (f.dimension !== "rate" || f.edge || !absence.isAbsent(f.service, f.environment) || f.state === "cleared")
      return f;
    return {
      ...f,
      state: "cleared",
      atMs: nowMs,
      summary: `${f.service}: no telemetry at all, so its traffic is unknown`,
    };
  }

  function settle(found: readonly Finding[]): Finding[] {
    const cleared: Finding[] = [];
    for (const f of found) {
      if (f.state === "firing") current.set(f.id, f);
      else if (current.delete(f.id)) cleared.push(f);
    }
    return cleared;
  }

  function retold(f: Finding, nowMs: number): boolean {
    const before = told.get(f.id);
    if (before && (before.summary === f.summary || nowMs - before.atMs < retellMs)) return false;
    told.set(f.id, { summary: f.summary, atMs: nowMs });
    return true;
  }

  return {
    configure(slos, services = []) {
      silent = new Set(services.filter((s) => !s.emitsTelemetry).map((s) => who(s.telemetryName, s.environment)));
      const wanted = new Map(slos.map((slo) => [JSON.stringify(slo), slo] as const));
      for (const [key, burn] of burns) if (!wanted.has(key)) retire(key, burn);
      for (const [key, slo] of wanted) if (!burns.has(key)) burns.set(key, watchSlo(slo));
      burnsOf = Map.groupBy(burns.values(), (b) => who(b.slo.service, b.slo.environment));
    },
    ingestBuckets(buckets) {
      for (const bucket of buckets) take(bucket);
    },
    ingestLogs(logs) {
      for (const log of logs) absence.heard(log.service, log.environment, log.timeMs);
    },
    tick(nowMs) {
      const quiet = absence.tick(nowMs, (service, environment) => silent.has(who(service, environment)));
      const standing = [...current.values()].filter((f) => f.dimension === "rate");
      const cleared = settle([
        ...fresh,
        ...quiet,
        ...[...standing, ...redFindings(nowMs)].map((f) => unlessAbsent(f, nowMs)),
      ]);
      fresh = [];
      for (const f of cleared) told.delete(f.id);
      for (const f of withAgreeing([...current.values()], [...edges.values()])) current.set(f.id, f);
      return [...cleared, ...[...current.values()].filter((f) => retold(f, nowMs))];
    },
    firing: () => [...current.values()],
    stats: () => ({ seriesWatched: series.size, seriesUnwatched: refused, findingsFiring: current.size }),
  };

  function retire(key: string, burn: BurnRate): void {
    burns.delete(key);
    if (burn.firing)
      fresh.push({
        ...burn.firing,
        state: "cleared",
        summary: `${burn.slo.service}: SLO ${burn.slo.name} is not declared any more`,
      });
  }
}

const who = (service: string, environment: string): string => JSON.stringify([environment, service]);

const findingKey = ({ name }: SeriesWatch): string => (name.edge ? `${name.edge.from}>${name.edge.to}` : name.service);
