import type { LogSignal, MetricSignal, SpanSignal } from "../signal/signal.ts";
import { createAbsence, type Absence, type HeardService } from "./absence.ts";
import { shareAdvice, type Crowding } from "./crowd.ts";
import { createFaults, type Fault } from "./faults.ts";
import type { Dimension, Finding } from "./finding.ts";
import type { LearnedPart } from "./learned/learned-part.ts";
import { createJointWatch } from "./joint/joint-watch.ts";
import { bucketMs, type RedBucket } from "./red.ts";
import { createLogWatch, type LogWatch } from "./logs.ts";
import { createMetricWatch, type MetricWatch } from "./metrics/metric-watch.ts";
import type { Away } from "./own-time.ts";
import { createRedWatch } from "./red-watch.ts";
import type { Slo } from "./slo.ts";
import { createSloWatch, placeOf } from "./slo-watch.ts";
import { createStanding } from "./standing.ts";
import { createTraceWatch, type TraceWatch } from "./traces/trace-watch.ts";

/** What the detectors need to know of a declared service. */
export interface Watchable {
  readonly name: string;
  readonly telemetryName: string;
  readonly environment: string;
  readonly emitsTelemetry: boolean;
}

/** All detectors together, in own time, told of what that leaves out. */
export interface Watches {
  /** The SLOs to watch, and declared services; what was learned of the rest stays. */
  configure(slos: readonly Slo[], services?: readonly Watchable[]): void;
  /** Complete buckets, oldest first per series. */
  ingestBuckets(buckets: readonly RedBucket[]): void;
  ingestLogs(logs: readonly LogSignal[], nowMs: number): void;
  /** A span as it comes; joined to its trace. */
  ingestSpan(span: SpanSignal, nowMs: number): void;
  /** A metric point as it comes; its stream is watched by a detector of its own. */
  ingestMetric(metric: MetricSignal, nowMs: number): void;
  /** Findings that fired, materially changed (each at most every 10 s) or cleared since the last tick. */
  tick(nowMs: number): Finding[];
  firing(): Finding[];
  /** Services that sent telemetry, by its names, until a day after the last of it. */
  heard(): HeardService[];
  /** What whole traces told. */
  readonly traces: Omit<TraceWatch, "take" | "tick" | "stats">;
  /** What has more than is watched, worst first. */
  crowded(nowMs: number): Crowding[];
  /** What could not be looked at because that threw, the latest last. */
  faults(): Fault[];
  /** What is to be kept for the next start, the most telling first. */
  readonly learned: readonly LearnedPart[];
  stats(): Record<string, number>;
  /** Nobody looked. */
  away(time: Away): void;
  /** The clock was set, or nobody looked for so long. */
  passOver(forMs: number): void;
}

export function createWatches(seriesMax: number): Watches {
  const slo = createSloWatch();
  const faults = createFaults();
  const traces = createTraceWatch(undefined, faults);
  let declared = new Set<string>();
  const isDeclared = (service: string, environment: string) => declared.has(placeOf(service, environment));
  const red = createRedWatch(seriesMax, isDeclared, faults);
  const absence = createAbsence(isDeclared, faults);
  const logs = createLogWatch({}, isDeclared, faults);
  const metrics = createMetricWatch({}, isDeclared, faults);
  const joint = createJointWatch([red, metrics], faults);
  const standing = createStanding();
  let quietOnes = new Set<string>();

  return {
    configure(slos, services = []) {
      declared = new Set(services.map((s) => placeOf(s.telemetryName, s.environment)));
      const silent = services.filter((s) => !s.emitsTelemetry);
      quietOnes = new Set(silent.map((s) => placeOf(s.telemetryName, s.environment)));
      slo.configure(slos.map((s) => ({ ...s, service: telemetryNameOf(s, services) })));
    },
    ingestBuckets(buckets) {
      for (const bucket of buckets) {
        const name = red.take(bucket);
        if (!name) continue;
        faults.attempt("SLOs", name, bucket.startMs, () => slo.take(name, bucket));
        if (name.type === "service") absence.heard(name.service, name.environment, bucket.startMs + bucketMs);
      }
    },
    ingestLogs(lines, nowMs) {
      for (const line of lines) {
        absence.heard(line.service, line.environment, Math.min(nowMs, line.timeMs));
        logs.take(line, nowMs);
      }
    },
    ingestSpan: (span, nowMs) => traces.take(span, nowMs),
    ingestMetric: (metric, nowMs) => metrics.take(metric, nowMs),
    tick(nowMs) {
      const silent = absence.tick(nowMs, (service, environment) => quietOnes.has(placeOf(service, environment)));
      const rates = standing.all().filter((f) => f.dimension === "rate");
      const told = [...rates, ...red.tick(nowMs)].map((f) => (isMoot(f, absence) ? notKnown(f, nowMs) : f));
      const lost = faults.takeNew().flatMap((fault) => givenUp(fault, standing.all(), nowMs));
      const heard = [...logs.tick(nowMs), ...traces.tick(nowMs), ...metrics.tick(nowMs), ...joint.tick(nowMs)];
      const found = [...lost, ...told, ...slo.tick(), ...silent, ...heard];
      return standing.update(found, red.edges(), nowMs);
    },
    firing: () => standing.all(),
    heard: () => absence.known(),
    away: (time) => [absence, red, traces, logs, joint].forEach((part) => part.away(time)),
    passOver: (forMs) => metrics.passOver(forMs),
    traces,
    crowded: (nowMs) => crowdingOf({ metrics, traces, logs }, nowMs),
    learned: [red.learned, metrics.learned],
    faults: () => faults.all(),
    stats: () => ({
      ...red.stats(),
      ...absence.stats(),
      ...logs.stats(),
      ...traces.stats(),
      ...metrics.stats(),
      ...joint.stats(),
      ...faults.stats(),
      findingsFiring: standing.all().length,
      findingsRefused: standing.refused(),
    }),
  };
}

/** Little traffic says nothing beside no telemetry at all. */
const isMoot = (f: Finding, absence: Absence): boolean =>
  f.dimension === "rate" && f.state === "firing" && !f.edge && absence.isAbsent(f.service, f.environment);

const notKnown = (f: Finding, nowMs: number): Finding => ({
  ...f,
  state: "cleared",
  atMs: nowMs,
  summary: `${f.service}: no telemetry at all, so its traffic is unknown`,
});

const dimensionsOf: Readonly<Record<string, readonly Dimension[]>> = {
  traffic: ["errors", "duration", "rate"],
  silence: ["absence"],
  logs: ["logs"],
  calls: ["structure"],
  metrics: ["metrics"],
  signs: ["joint"],
};

/** What stands of a service cannot be cleared by a part that lost what it knew. If it is so still, it will be found anew. */
const givenUp = ({ part, service, environment }: Fault, standing: readonly Finding[], nowMs: number): Finding[] =>
  standing
    .filter((f) => f.service === service && f.environment === environment)
    .filter((f) => dimensionsOf[part]?.includes(f.dimension) === true)
    .map((f) => ({
      ...f,
      state: "cleared",
      atMs: nowMs,
      summary: `${service}: not known any more, its ${part} are learned anew`,
    }));

const telemetryNameOf = ({ service, environment }: Slo, services: readonly Watchable[]): string =>
  services.find((s) => s.name === service && s.environment === environment)?.telemetryName ?? service;

interface Crowded {
  readonly metrics: Pick<MetricWatch, "crowded" | "shared">;
  readonly traces: Pick<TraceWatch, "crowded">;
  readonly logs: Pick<LogWatch, "crowded">;
}

const crowdingOf = ({ metrics, traces, logs }: Crowded, nowMs: number): Crowding[] => [
  {
    part: "metrics",
    worst: metrics.crowded(nowMs),
    advice: "too many streams to watch them all; drop the attribute that tells them apart",
  },
  { part: "metrics", worst: metrics.shared(nowMs), advice: shareAdvice },
  ...traces.crowded(nowMs),
  {
    part: "logs",
    worst: logs.crowded(nowMs),
    advice: "too many to know them all; take ids out of the names of services",
  },
];
