import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, type Random } from "../../src/kernel/random.ts";
import { intervalOf, intervals } from "../../src/loop/detection/duration-interval.ts";
import { bucketMs, seriesKey, type RedBucket } from "../../src/loop/detection/red.ts";
import { environment, type Replay, type Said } from "./noise-part.ts";
import { callsOf } from "./petshop-cases.ts";
import type { Call } from "../../src/loop/diagnosis/rank/recording.ts";
import { numberOf, readCsv } from "./read-csv.ts";

const stepMs = 300_000;
const bucketsPerStep = stepMs / bucketMs;
/** What detectors saw of the fault-free recording before an issue. */
const usualSteps = 24;
const t0 = 1_700_000_000_000;

/** What one node served in five minutes. */
interface Served {
  readonly requests: number;
  readonly errorShare: number;
  /** Durations at 0, 0.5, 0.9, 0.95, 0.99 and 1 of the requests, ms. */
  readonly durationsMs: readonly number[];
}
type Step = ReadonlyMap<string, Served>;

/** The fault-free recording of two days, then each issue after two hours of it. */
export function petshopReplays(dataDir: string): Replay[] {
  if (!existsSync(dataDir)) return [];
  return readdirSync(dataDir)
    .filter((d) => existsSync(join(dataDir, d, "graph.csv")))
    .flatMap((scenario) => {
      const dir = join(dataDir, scenario);
      const calls = callsOf(join(dir, "graph.csv"));
      const normal = stepsOf(join(dir, "noissue", "metrics.csv"));
      const nodes = new Set(normal.flatMap((s) => [...s.keys()]));
      const issues = ["train", "test"].flatMap((part) =>
        existsSync(join(dir, part)) ? readdirSync(join(dir, part)).map((i) => join(part, i)) : [],
      );
      const replayOf = (name: string, steps: readonly Step[], faultStep?: number): Replay => ({
        name: `petshop/${scenario}/${name}`,
        calls,
        streams: nodes.size,
        ...(faultStep === undefined ? {} : { faultMs: t0 + faultStep * stepMs }),
        said: () => said(steps, calls),
      });
      return [
        replayOf("noissue", normal),
        ...issues.map((issue) =>
          replayOf(
            issue,
            [...normal.slice(0, usualSteps), ...stepsOf(join(dir, issue, "metrics.csv"))],
            usualSteps + stepOfFault(join(dir, issue)),
          ),
        ),
      ];
    });
}

/** An issue begins with points from before it; the first that is not is that in which its symptom was seen. */
function stepOfFault(dir: string): number {
  const { target } = JSON.parse(readFileSync(join(dir, "target.json"), "utf8")) as { target: { timestamp: number } };
  const [, , , , first] = readCsv(join(dir, "metrics.csv"));
  return Math.floor((1_000 * (target.timestamp - numberOf(first?.[0]))) / stepMs);
}

function stepsOf(path: string): Step[] {
  const [[, ...nodes] = [], [, ...metrics] = [], [, ...statistics] = [], , ...rows] = readCsv(path);
  return rows.map((row) => {
    const cells = new Map<string, Map<string, number>>();
    nodes.forEach((node, i) => {
      const of = cells.get(node) ?? new Map<string, number>();
      cells.set(node, of.set(`${metrics[i]} ${statistics[i]}`, numberOf(row[i + 1])));
    });
    return new Map([...cells].map(([node, of]) => [node, servedOf(of)]));
  });
}

function servedOf(of: ReadonlyMap<string, number>): Served {
  const ms = (name: string): number => 1_000 * (of.get(name) || 0);
  const quantiles = ["latency p50", "latency p90", "latency p95", "latency p99"].map(ms);
  const [p50 = 0, , , p99 = 0] = quantiles;
  return {
    requests: Math.round(of.get("requests Sum") || 0),
    errorShare: 1 - (of.get("availability Average") ?? 100) / 100 || 0,
    durationsMs: [p50 / 2, ...quantiles, p99 * 1.2],
  };
}

const shares = [0, 0.5, 0.9, 0.95, 0.99, 1];

function durationAt(durationsMs: readonly number[], share: number): number {
  const at = Math.max(
    1,
    shares.findIndex((s) => s >= share),
  );
  const [from, to] = [shares[at - 1] ?? 0, shares[at] ?? 1];
  const [low, high] = [durationsMs[at - 1] ?? 0, durationsMs[at] ?? 0];
  return low + ((share - from) / (to - from)) * (high - low);
}

/** The requests of five minutes come at random times in them, and take as long as their quantiles say. */
function* said(steps: readonly Step[], calls: readonly Call[]): Generator<Said> {
  const random = seededRandom(11);
  for (const [i, step] of steps.entries()) {
    const bucketsOf = [...step].map(([node, served]) => spread(seriesOf(node, calls), served, t0 + i * stepMs, random));
    for (let b = 0; b < bucketsPerStep; b++) {
      const atMs = t0 + i * stepMs + (b + 1) * bucketMs;
      yield { atMs, buckets: bucketsOf.flatMap((buckets) => buckets[b] ?? []) };
    }
  }
}

/** Who calls nobody is a vendor's service or a database: what is known of it is what its callers saw. */
function seriesOf(node: string, calls: readonly Call[]): string {
  const caller = calls.find((c) => c.to === node);
  const isSeenOnly = caller !== undefined && !calls.some((c) => c.from === node);
  return isSeenOnly
    ? seriesKey({ type: "edge", edge: { from: caller.from, to: node }, environment })
    : seriesKey({ type: "service", service: node, environment });
}

/** A node without a request in a bucket says nothing in it, as spans would not. */
function spread(
  series: string,
  { requests, errorShare, durationsMs }: Served,
  fromMs: number,
  random: Random,
): (RedBucket | undefined)[] {
  const made: { -readonly [K in keyof RedBucket]: RedBucket[K] }[] = [];
  for (let r = 0; r < requests; r++) {
    const b = Math.floor(random() * bucketsPerStep);
    const startMs = fromMs + b * bucketMs;
    const bucket = (made[b] ??= {
      series,
      startMs,
      count: 0,
      errors: 0,
      ownErrors: 0,
      durationSumMs: 0,
      durations: Array.from({ length: intervals }, () => 0),
    });
    const ms = durationAt(durationsMs, random());
    const isError = random() < errorShare;
    const at = intervalOf(ms);
    const durations = bucket.durations as number[];
    durations[at] = (durations[at] ?? 0) + 1;
    bucket.count++;
    bucket.durationSumMs += ms;
    bucket.errors += Number(isError);
    bucket.ownErrors += Number(isError);
  }
  return Array.from({ length: bucketsPerStep }, (_, b) => made[b]);
}
