import { labelText } from "../../signal/metric-series.ts";
import type { Series } from "../rank/recording.ts";
import type { Scene } from "../scene.ts";
import type { Steps } from "./steps.ts";

/** A measure of a service's own: what its store, or Homeostat itself, knows of it. */
interface Resource {
  readonly service: string;
  readonly instance?: string;
  readonly name: string;
  readonly points: readonly (readonly [atMs: number, value: number])[];
}

/** A service of more series says too little with any one (I11). */
const eachMax = 60;
/** Points of all series together (I11). */
const pointsMax = 400_000;

/** What follows from something else says nothing of where it starts; where requests are seen, how they fare is weighed along calls. */
const follows: ReadonlySet<string> = new Set(["traffic", "dependency"]);
const faring: ReadonlySet<string> = new Set(["latency", "errors"]);
/** These words mean requests to a ranking. */
const taken: ReadonlySet<string> = new Set(["requests", "latency", "errors"]);

/** Labels that tell an instance, by Prometheus' own word and OpenTelemetry's. */
const instanceLabels = ["instance", "service_instance_id"] as const;

/** Measures of some services, the first services first; how many there was no room for. */
export interface Resources {
  readonly series: readonly (Series & { readonly instance?: string })[];
  readonly left: number;
}

/** Resources of services as series: declared metrics that stores keep, and streams Homeostat receives itself. */
export function resourcesOf(
  scene: Scene,
  services: readonly string[],
  steps: Steps,
  isCounted: (service: string) => boolean,
): Resources {
  const byService = Map.groupBy([...declared(scene, isCounted), ...received(scene)], (r) => r.service);
  const series: Resources["series"][number][] = [];
  let [left, points] = [0, 0];
  for (const service of services)
    for (const [i, resource] of (byService.get(service) ?? []).entries()) {
      const within = resource.points.filter(([atMs]) => steps.isIn(atMs));
      if (i >= eachMax || points + within.length > pointsMax) left++;
      else if (within.length > 0) {
        points += within.length;
        series.push(seriesOf(resource, within));
      }
    }
  return { series, left };
}

const seriesOf = ({ service, instance, name }: Resource, points: Resource["points"]): Resources["series"][number] => ({
  place: service,
  ...(instance === undefined ? {} : { instance }),
  dimension: taken.has(name) ? `metric ${name}` : name,
  timesMs: points.map(([atMs]) => atMs),
  values: points.map(([, value]) => value),
});

const declared = ({ metrics }: Scene, isCounted: (service: string) => boolean): Resource[] =>
  (metrics?.metrics ?? [])
    .filter(
      ({ service, metric: { dimension } }) => !follows.has(dimension) && !(faring.has(dimension) && isCounted(service)),
    )
    .flatMap(({ service, metric, series }) =>
      series.map((s) => {
        const instance = instanceLabels.map((label) => s.labels[label]).find((value) => value !== undefined);
        return {
          service,
          name: series.length > 1 && instance === undefined ? `${metric.name}${labelText(s)}` : metric.name,
          ...(instance === undefined ? {} : { instance }),
          points: s.points.map((p) => [p.atMs, p.value] as const),
        };
      }),
    );

const received = ({ streams }: Scene): Resource[] =>
  Object.entries(streams ?? {}).flatMap(([service, all]) =>
    all.map(({ name, instance, attributes, points }) => ({
      service,
      name: `${name}${labelText({ labels: attributes, points: [] })}`,
      ...(instance === undefined ? {} : { instance }),
      points: points.map((p) => [p.timeMs, p.value] as const),
    })),
  );
