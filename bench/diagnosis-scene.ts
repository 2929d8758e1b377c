import { bucketMs, durationBoundsMs, seriesKey, type RedBucket } from "../src/loop/detection/red.ts";
import type { Finding } from "../src/loop/detection/finding.ts";
import { openIncident } from "../src/loop/incident/correlate.ts";
import { joinTopology } from "../src/loop/incident/topology.ts";
import type { Scene } from "../src/loop/diagnosis/scene.ts";
import type { Call, RecordedSpan } from "../src/loop/diagnosis/rank/recording.ts";
import type { LogSignal, SpanSignal } from "../src/loop/signal/signal.ts";

const environment = "bench";
const pastSteps = 120;
const nowSteps = 12;
const beganMs = pastSteps * bucketMs;
const nowMs = (pastSteps + nowSteps) * bucketMs;
const pointsEach = 120;
const noDurations = durationBoundsMs.map(() => 0).concat(0);

export interface SceneShape {
  readonly services: readonly string[];
  readonly calls: readonly Call[];
  /** The one at fault and all that wait for it. */
  readonly hurt: ReadonlySet<string>;
  readonly guilty: string;
  /** Traces over `spansMs` from 0 on; they are put over the time of the scene. */
  readonly spans: readonly RecordedSpan[];
  readonly spansMs: number;
  /** Noise of a fixed seed: -0.5 to 0.5. */
  readonly noise: (i: number, step: number) => number;
}

/**
 * What a heal gathers of a fault among many services, a minute after it began: ten minutes of buckets of every service, two instances of each and
 * every call, six streams of each with 120 points, traces with a line in each span, warnings of each, and a finding for each that is hurt.
 */
export function incidentScene({ services, calls, hurt, guilty, spans, spansMs, noise }: SceneShape): Scene {
  const steps = Array.from({ length: pastSteps + nowSteps }, (_, s) => s);
  const buckets = (series: string, i: number, isHurt: boolean): [string, RedBucket[]] => [
    series,
    steps.map((s) => {
      const count = Math.round(100 + 10 * noise(i, s));
      const meanMs = 100 + 20 * noise(i + 1, s) + (isHurt && s >= pastSteps ? 400 : 0);
      return {
        series,
        startMs: s * bucketMs,
        count,
        errors: Number(noise(i + 2, s) > 0.45),
        ownErrors: 0,
        durationSumMs: count * meanMs,
        durations: noDurations,
      };
    }),
  ];
  return {
    incident: openIncident(
      { environment, findings: [...hurt].map((s) => slowFinding(s)), alerts: [], why: "" },
      [],
      beganMs + 15_000,
    ),
    nowMs,
    services: [],
    topology: joinTopology([], calls),
    changes: [],
    exits: [],
    targets: {},
    knownGood: {},
    red: Object.fromEntries([
      ...services.map((service, i) =>
        buckets(seriesKey({ type: "service", service, environment }), i, hurt.has(service)),
      ),
      ...services.flatMap((service, i) =>
        ["a", "b"].map((instance) =>
          buckets(seriesKey({ type: "instance", service, environment, instance }), i, hurt.has(service)),
        ),
      ),
      ...calls.map((edge, i) => buckets(seriesKey({ type: "edge", edge, environment }), i, hurt.has(edge.to))),
    ]),
    tried: [],
    recentTraces: {
      spans: spans.map((s) => spanSignal(s, nowMs / spansMs)),
      logs: spans.map((s) => lineSignal(s, nowMs / spansMs)),
      traces: { all: spans.length, taken: spans.length },
    },
    streams: streamsOf(services, guilty, noise),
    logs: logsOf(services),
  };
}

const streamNames = ["cpu", "memory", "threads", "connections", "descriptors", "queue"];

/** All noise, but for the CPU of the one at fault. */
function streamsOf(services: readonly string[], guilty: string, noise: SceneShape["noise"]): Scene["streams"] {
  const steps = Array.from({ length: pointsEach }, (_, i) => pastSteps + nowSteps - pointsEach + i);
  const points = (i: number, more: number) =>
    steps.map((s) => ({
      timeMs: s * bucketMs,
      value: 20 * (1 + 0.2 * noise(i, s)) + (s >= pastSteps ? more : 0),
    }));
  return Object.fromEntries(
    services.map((service, i) => [
      service,
      streamNames.map((name, n) => ({
        name,
        attributes: {},
        points: points(i + n, service === guilty && name === "cpu" ? 70 : 0),
      })),
    ]),
  );
}

/** Five kinds of warnings that always came. */
const logsOf = (services: readonly string[]): Scene["logs"] =>
  Object.fromEntries(
    services.map((service) => [
      service,
      [1, 2, 3, 4, 5].map((n) => ({
        text: `${service}: slow call ${"abcde"[n - 1]}`,
        severity: 13,
        count: 200,
        firstMs: 0,
        lastMs: nowMs,
      })),
    ]),
  );

const slowFinding = (service: string): Finding => ({
  id: `${service}/duration`,
  service,
  environment,
  dimension: "duration",
  state: "firing",
  direction: "above",
  expected: null,
  observed: 500,
  unit: "ms",
  unusualness: 0.999,
  sinceMs: beganMs,
  atMs: beganMs + 15_000,
  agreeing: [],
  telemetry: "sha256:00",
  summary: `${service} is slow`,
});

const spanSignal = (s: RecordedSpan, scale: number): SpanSignal => ({
  kind: "span",
  service: s.place,
  environment,
  traceId: s.traceId,
  spanId: s.spanId,
  ...(s.parentId === undefined ? {} : { parentSpanId: s.parentId }),
  name: s.operation,
  spanKind: "server",
  startMs: s.startMs * scale,
  durationMs: s.endMs - s.startMs,
  error: false,
});

const lineSignal = (s: RecordedSpan, scale: number): LogSignal => ({
  kind: "log",
  service: s.place,
  environment,
  timeMs: s.startMs * scale,
  severity: 9,
  body: `served ${s.operation} in ${s.endMs - s.startMs} ms`,
  traceId: s.traceId,
});
