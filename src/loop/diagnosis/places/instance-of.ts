import type { RankedInstance } from "../diagnosis.ts";
import { rank } from "../rank/rank.ts";
import type { Series } from "../rank/recording.ts";
import type { Scene } from "../scene.ts";
import { recordedLines } from "./recorded-lines.ts";
import { requestsOfInstance } from "./red-series.ts";
import { resourcesOf } from "./resource-series.ts";
import { stepsOf } from "./steps.ts";

/** From this confidence on an instance is named: of two that are equally hurt, neither stands out. */
const namedFrom = 0.5;
/** Instances compared (I11): of more, none is named. */
const instancesMax = 200;

/** The one instance of a service that stands out from its siblings; undefined when none does, or there are none to compare with. */
export function instanceOf(scene: Scene, service: string): RankedInstance | undefined {
  const steps = stepsOf(scene);
  const counted = countedInstances(scene, service);
  const resources = resourcesOf(scene, [service], steps, () => counted.length > 0).series;
  const known = counted.length > 0 ? counted : [...new Set(resources.flatMap((r) => r.instance ?? []))].toSorted();
  if (known.length < 2 || known.length > instancesMax) return undefined;
  const requests = new Map(known.map((name) => [name, requestsOfInstance(scene, service, name, steps)]));
  const own = resources.flatMap(({ instance, ...s }): Series[] =>
    instance !== undefined && known.includes(instance) ? [{ ...s, place: instance }] : [],
  );
  const series = [...[...requests.values()].flat(), ...own];
  const { suspects, isCredible } = rank({
    places: known.map((id) => ({ id, service })),
    calls: [],
    series,
    spans: [],
    logs: known.flatMap((name) => {
      const lines = scene.logs?.[service]?.filter((l) => l.instance === name);
      return recordedLines(name, lines, requests.get(name)?.[0]?.timesMs ?? [], steps);
    }),
    changes: [],
    window: { fromMs: steps.fromMs, toMs: steps.toMs },
  });
  const [first] = suspects;
  if (!first || !isCredible || first.confidence < namedFrom) return undefined;
  const { place: name, dimension } = first;
  const confidence = Math.round(first.confidence * 1000) / 1000;
  return { name, confidence, ...(dimension === undefined ? {} : { dimension }) };
}

/** Instances whose requests are seen. */
function countedInstances({ red, incident }: Scene, service: string): string[] {
  const prefix = JSON.stringify(["instance", incident.environment, service]).slice(0, -1);
  return Object.keys(red)
    .filter((key) => key.startsWith(`${prefix},`))
    .map((key) => String((JSON.parse(key) as unknown[])[3]))
    .toSorted();
}
