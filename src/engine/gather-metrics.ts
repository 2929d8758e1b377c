import type { SceneMetric, SceneMetrics } from "../loop/diagnosis/scene-metrics.ts";
import type { Incident } from "../loop/incident/incident.ts";
import type { MetricWindow } from "../loop/signal/metric-series.ts";
import type { Service, ServiceMetric } from "../loop/signal/service.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { EvidenceSource } from "../ports/evidence.ts";
import { whyNot } from "./why-not.ts";
import type { World } from "./world.ts";

/** What is asked of a store for one diagnosis (I11): so many metrics, so many at once, for so long in all. */
const metricsMax = 60;
const atOnceMax = 4;
const inAllMs = 15_000;
/** From this long before the onset to this long after it, in this many moments, not closer than the step. */
const pastMs = 30 * 60_000;
const presentMs = 60 * 60_000;
const momentsMax = 300;
const stepMsMin = 5_000;
/** A metric of more series says too little of any one, and costs too much to compare (I11). */
const seriesMax = 20;
const missingMax = 10;

interface Wanted {
  readonly service: string;
  readonly metric: ServiceMetric;
}

/**
 * The declared metrics of services around an incident, from the store of their environment. Never rejects: what is not known is
 * named. A store that does not answer is not asked again for this diagnosis; nothing else is narrowed by that (I7).
 */
export async function gatherMetrics(
  world: World,
  incident: Incident,
  services: readonly Service[],
  nowMs: number,
): Promise<SceneMetrics | undefined> {
  const wanted = hurtFirst(incident, services).flatMap((s) =>
    (s.metrics ?? []).map((metric) => ({ service: s.name, metric })),
  );
  const down = (world.down?.() ?? []).filter((d) => services.some((s) => s.name === d.service));
  if (wanted.length === 0) return down.length === 0 ? undefined : { metrics: [], missing: [], down };
  const source = world.evidence(incident.environment);
  if (!source) return { metrics: [], missing: [`no Prometheus is named for ${incident.environment}`], down };
  return { ...(await new Asking(source, windowOf(incident, nowMs), world.clock).all(wanted)), down };
}

const hurtFirst = (incident: Incident, services: readonly Service[]): readonly Service[] =>
  services.toSorted((a, b) => Number(incident.services.includes(b.name)) - Number(incident.services.includes(a.name)));

function windowOf({ sinceMs }: Incident, nowMs: number): MetricWindow {
  const toMs = Math.min(nowMs, sinceMs + presentMs);
  const fromMs = sinceMs - pastMs;
  return { fromMs, toMs, stepMs: Math.max(stepMsMin, Math.ceil((toMs - fromMs) / momentsMax)) };
}

/** One diagnosis' questions to one store. */
class Asking {
  readonly #source: EvidenceSource;
  readonly #window: MetricWindow;
  readonly #clock: Clock;
  readonly #metrics: SceneMetric[] = [];
  readonly #missing: string[] = [];
  #unasked = 0;
  #away = "";

  constructor(source: EvidenceSource, window: MetricWindow, clock: Clock) {
    this.#source = source;
    this.#window = window;
    this.#clock = clock;
  }

  async all(wanted: readonly Wanted[]): Promise<Omit<SceneMetrics, "down">> {
    const queue = wanted.slice(0, metricsMax);
    this.#unasked = wanted.length - queue.length;
    const untilMs = this.#clock.nowMs() + inAllMs;
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        if (this.#away !== "" || this.#clock.nowMs() > untilMs) this.#unasked++;
        else await this.#one(next);
      }
    };
    await Promise.all(Array.from({ length: atOnceMax }, worker));
    return { metrics: inOrder(this.#metrics, wanted), missing: this.#told() };
  }

  async #one({ service, metric }: Wanted): Promise<void> {
    const missing = (why: string) => void this.#missing.push(`metric ${metric.name} of ${service}: ${why}`);
    try {
      const { series, warnings } = await this.#source.over(metric.query, this.#window);
      if (series.length === 0) return missing("no value");
      if (series.length > seriesMax)
        return missing(`${series.length} series, at most ${seriesMax} are compared: aggregate in the query`);
      const last = Math.max(...series.map((s) => s.points.at(-1)?.atMs ?? 0));
      const silentMs = this.#window.toMs - last;
      if (silentMs > 2 * this.#window.stepMs) missing(`no value in the last ${Math.round(silentMs / 1_000)} s`);
      if (warnings[0]) missing(warnings[0]);
      this.#metrics.push({ service, metric, series });
    } catch (error) {
      if (isAbout(error)) missing(whyNot(error));
      else {
        this.#away ||= whyNot(error);
        this.#unasked++;
      }
    }
  }

  #told(): string[] {
    const more = this.#missing.length - missingMax;
    return [
      ...(this.#away ? [`${this.#source.name}: ${this.#away}`] : []),
      ...this.#missing.toSorted().slice(0, missingMax),
      ...(more > 0 ? [`${more} more metrics`] : []),
      ...(this.#unasked > 0 ? [`${this.#unasked} declared metrics were not looked at`] : []),
    ];
  }
}

/** Whether a failure is about the query; otherwise it is about the store, and the next would meet it too. */
const isAbout = (error: unknown): boolean =>
  error instanceof AdapterError && (error.code === "bad-query" || error.code === "too-much");

const inOrder = (metrics: readonly SceneMetric[], wanted: readonly Wanted[]): SceneMetric[] =>
  wanted.flatMap((w) => metrics.filter((m) => m.service === w.service && m.metric === w.metric));
