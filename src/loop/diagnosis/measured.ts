import { labelText } from "../signal/metric-series.ts";
import type { ServiceMetric } from "../signal/service.ts";
import { deviation, type Deviation } from "./deviation.ts";
import type { Evidence } from "./diagnosis.ts";
import type { Scene } from "./scene.ts";
import type { SceneMetric } from "./scene-metrics.ts";
import { evidence } from "./theory.ts";

/** Metrics may show it before anything was found: from this long before the onset on they belong to the incident. */
export const aheadMs = 60_000;

/** Weights in nats of the first, second and third metric that deviates: those of one service tend to say the same. */
const weights = [1.2, 0.6, 0.3] as const;
/** Traffic and what it sees of others mostly follow from something else. */
const followsShare = 0.4;
/** Metrics that are as ever speak against a little: they may be the wrong ones. */
const quietWeight = 0.3;

interface Judged {
  readonly at: SceneMetric;
  readonly labels: string;
  readonly found: Deviation;
}

/** An instance that answers nobody who asks for its metrics: in nats, more where several do not. */
const downWeight = 1.5;
const downMax = 2.5;

/** Instances that did not answer when asked for their metrics speak for their service. */
export function unanswered(scene: Scene, service: string): { readonly sign: 1; readonly evidence: Evidence }[] {
  const down = scene.metrics?.down.filter((d) => d.service === service) ?? [];
  const [first] = down;
  if (!first) return [];
  const names = down.slice(0, 3).map((d) => d.instance);
  const more = down.length > names.length ? ` and ${down.length - names.length} more` : "";
  const began = since(Math.min(...down.map((d) => d.sinceMs)) - scene.incident.sinceMs);
  const text = `${names.join(", ")}${more} did not answer when asked for metrics, ${began}: ${first.why}`;
  return [
    { sign: 1, evidence: evidence("gives-no-metrics", Math.min(downMax, downWeight + 0.5 * (down.length - 1)), text) },
  ];
}

/** What the service's own metrics, kept by others, say of it being where it starts: each against its own recent past. */
export function measured(scene: Scene, service: string): { readonly sign: 1 | -1; readonly evidence: Evidence }[] {
  const own = scene.metrics?.metrics.filter((m) => m.service === service) ?? [];
  const judged = own.flatMap((at) => worst(at, scene.incident.sinceMs - aheadMs) ?? []);
  const off = judged.filter((j) => j.found.deviates).toSorted((a, b) => b.found.scales - a.found.scales);
  if (off.length > 0)
    return off.slice(0, weights.length).map((j, i) => ({ sign: 1, evidence: deviates(scene, j, weights[i] ?? 0) }));
  if (judged.length === 0) return [];
  const names = judged.map((j) => j.at.metric.name).join(", ");
  const text = `${names} ${judged.length === 1 ? "is" : "are"} as before the incident`;
  return [{ sign: -1, evidence: evidence("metrics-as-ever", quietWeight, text) }];
}

/** The series of a metric that stands out most; undefined when none can be told. */
function worst(at: SceneMetric, onsetMs: number): Judged | undefined {
  const all = at.series.flatMap((series) => {
    const found = deviation(series.points, onsetMs, at.metric.direction);
    return found ? [{ at, found, labels: at.series.length > 1 ? labelText(series) : "" }] : [];
  });
  return all.toSorted(
    (a, b) => Number(b.found.deviates) - Number(a.found.deviates) || b.found.scales - a.found.scales,
  )[0];
}

function deviates(scene: Scene, { at, labels, found }: Judged, weight: number): Evidence {
  const { metric } = at;
  const follows = metric.dimension === "traffic" || metric.dimension === "dependency";
  const began = since((found.sinceMs ?? scene.incident.sinceMs) - scene.incident.sinceMs);
  const text = `${metric.name}${labels} is ${withUnit(found.observed, metric)} ${began}, expected ${band(found, metric)}`;
  return evidence("metric-deviates", follows ? weight * followsShare : weight, text, [`${at.service}/${metric.name}`]);
}

function since(afterMs: number): string {
  const seconds = Math.round(Math.abs(afterMs) / 1_000);
  if (seconds === 0) return "since the first symptom";
  return `since ${seconds} s ${afterMs < 0 ? "before" : "after"} the first symptom`;
}

function band({ expected: { low, high } }: Deviation, metric: ServiceMetric): string {
  if (metric.direction === "higher") return `at most ${withUnit(high, metric)}`;
  if (metric.direction === "lower") return `at least ${withUnit(low, metric)}`;
  return `${number(low)} to ${withUnit(high, metric)}`;
}

const number = (value: number): string => String(Number(value.toPrecision(3)));
const withUnit = (value: number, { unit }: ServiceMetric): string => `${number(value)} ${unit}`;
