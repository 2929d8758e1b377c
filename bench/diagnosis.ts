import { parseArgs } from "node:util";
import { diagnose } from "../src/loop/diagnosis/diagnose.ts";
import { rank } from "../src/loop/diagnosis/rank/rank.ts";
import type { Call, RecordedLog, RecordedSpan, Recording, Series } from "../src/loop/diagnosis/rank/recording.ts";
import { incidentScene } from "./diagnosis-scene.ts";

/**
 * Root cause of an incident among many services: the ranking by itself, with half an hour of history, five minutes of a fault and every kind of
 * evidence; and the way heals go, from the scene they gather to the diagnosis they record.
 */
const { values } = parseArgs({
  options: { services: { type: "string", default: "300" }, json: { type: "boolean", default: false } },
});
const many = Number(values.services);
if (!Number.isInteger(many) || many < 10)
  throw new Error(`\`${values.services}\` is not a number of services, give 10 or more`);

const stepMs = 15_000;
const pastSteps = 120;
const nowSteps = 20;
const fromMs = pastSteps * stepMs;
const toMs = (pastSteps + nowSteps) * stepMs;
const traces = 2000;
const name = (i: number): string => `service-${i}`;
/** A tree of calls, three below each, and the one at fault far down in it. */
const callerOf = (i: number): number => Math.floor((i - 1) / 3);
const guilty = many - 5;
const guiltyAndAbove = new Set<number>();
for (let i = guilty; i > 0; i = callerOf(i)) guiltyAndAbove.add(i);
guiltyAndAbove.add(0);

/** Noise of a fixed seed: -0.5 to 0.5. */
const noise = (i: number, step: number): number =>
  (((Math.imul(i + 1, 2654435761) ^ Math.imul(step + 1, 40503)) >>> 8) % 1000) / 1000 - 0.5;

function seriesOf(i: number): Series[] {
  const steps = Array.from({ length: pastSteps + nowSteps }, (_, s) => s);
  const timesMs = steps.map((s) => s * stepMs);
  const isHurt = (s: number) => s >= pastSteps && guiltyAndAbove.has(i);
  const place = name(i);
  const made = (dimension: string, of: (s: number) => number): Series => ({
    place,
    dimension,
    timesMs,
    values: steps.map(of),
  });
  return [
    made("requests", (s) => 100 + 10 * noise(i, s)),
    made("latency", (s) => 0.1 + 0.02 * noise(i + 1, s) + (isHurt(s) ? 0.4 : 0)),
    made("errors", (s) => 0.001 + 0.001 * noise(i + 2, s)),
    made("cpu", (s) => 20 + 5 * noise(i + 3, s) + (isHurt(s) && i === guilty ? 70 : 0)),
    made("memory", (s) => 500 + 5 * noise(i + 4, s)),
    made("network", (s) => 1e6 + 1e5 * noise(i + 5, s)),
  ];
}

/** From a leaf up: each trace goes down one path of the tree. */
function spansOf(t: number): RecordedSpan[] {
  const startMs = (t / traces) * toMs;
  const path: number[] = [];
  for (let i = many - 1 - (t % (many >> 1)); i > 0; i = callerOf(i)) path.unshift(i);
  return [0, ...path].map((i, depth) => ({
    traceId: String(t),
    spanId: `${t}/${depth}`,
    ...(depth > 0 ? { parentId: `${t}/${depth - 1}` } : {}),
    place: name(i),
    operation: "GET /",
    startMs: startMs + depth,
    endMs: startMs + 100 - depth,
  }));
}

const calls: Call[] = Array.from({ length: many - 1 }, (_, i) => ({ from: name(callerOf(i + 1)), to: name(i + 1) }));
const spans = Array.from({ length: traces }, (_, t) => spansOf(t)).flat();
const logs: RecordedLog[] = spans.map((s) => ({
  place: s.place,
  timeMs: s.startMs,
  template: "served <*> in <*> ms",
  spanId: s.spanId,
}));
const recording: Recording = {
  places: Array.from({ length: many }, (_, i) => ({ id: name(i) })),
  calls,
  series: Array.from({ length: many }, (_, i) => seriesOf(i)).flat(),
  spans,
  logs,
  changes: [],
  symptoms: [{ place: name(0) }],
  window: { fromMs, toMs },
};

const startedMs = performance.now();
const { suspects } = rank(recording);
const wallMs = performance.now() - startedMs;

const scene = incidentScene({
  services: recording.places.map((p) => p.id),
  calls,
  hurt: new Set([...guiltyAndAbove].map(name)),
  guilty: name(guilty),
  // As many as a heal looks at, of whole traces.
  spans: spans.filter((s) => Number(s.traceId) % 3 === 0),
  spansMs: toMs,
  noise,
});
const [healedMs, cpu] = [performance.now(), process.cpuUsage()];
const diagnosis = diagnose(scene);
const asHealsMs = performance.now() - healedMs;
const { user, system } = process.cpuUsage(cpu);

const found = {
  services: many,
  points: recording.series.reduce((n, s) => n + s.values.length, 0),
  spans: spans.length,
  logs: logs.length,
  wallMs: Math.round(wallMs),
  isRight: suspects[0]?.place === name(guilty),
  asHeals: {
    buckets: Object.values(scene.red).reduce((n, all) => n + all.length, 0),
    wallMs: Math.round(asHealsMs),
    cpuMs: Math.round((user + system) / 1000),
    isRight:
      diagnosis.ranking?.places[0]?.service === name(guilty) && diagnosis.hypotheses[0]?.service === name(guilty),
    confidence: diagnosis.ranking?.places[0]?.confidence ?? 0,
    recordedBytes: JSON.stringify(diagnosis).length,
  },
};
console.log(values.json ? JSON.stringify(found) : found);
