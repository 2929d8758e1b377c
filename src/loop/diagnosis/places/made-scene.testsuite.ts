import { bucketMs, durationBoundsMs, seriesKey, type RedBucket } from "../../detection/red.ts";
import type { Edge, Finding } from "../../detection/finding.ts";
import { openIncident } from "../../incident/correlate.ts";
import { joinTopology } from "../../incident/topology.ts";
import type { Scene } from "../scene.ts";

export const environment = "demo";
export const onsetMs = 100_000_000;
export const pastSteps = 60;
export const nowSteps = 4;

/** How one series fares in the incident, beside a small ripple: failures of 100 requests in a step, and milliseconds more. */
export interface Fares {
  readonly errors?: number;
  readonly slowerMs?: number;
}

export const buckets = (series: string, { errors = 0, slowerMs = 0 }: Fares, requests = 100): [string, RedBucket[]] => [
  series,
  Array.from({ length: pastSteps + nowSteps }, (_, i) => {
    const isNow = i >= pastSteps;
    const count = requests + ((i * 7) % 5);
    return {
      series,
      startMs: onsetMs + (i - pastSteps) * bucketMs,
      count,
      errors: isNow ? errors : Number(i % 20 === 0),
      ownErrors: 0,
      durationSumMs: count * (20 + ((i * 3) % 4) + (isNow ? slowerMs : 0)),
      durations: durationBoundsMs.map(() => 0).concat(0),
    };
  }),
];
export const service = (name: string, fares: Fares = {}) =>
  buckets(seriesKey({ type: "service", service: name, environment }), fares);
export const instance = (name: string, of: string, fares: Fares = {}) =>
  buckets(seriesKey({ type: "instance", service: of, environment, instance: name }), fares, 30);
export const edge = (from: string, to: string, fares: Fares = {}) =>
  buckets(seriesKey({ type: "edge", edge: { from, to }, environment }), fares, 50);

export const finding = (name: string, dimension: Finding["dimension"], of?: Edge): Finding => ({
  id: `${name}/${of ? `${of.to}/` : ""}${dimension}`,
  service: name,
  environment,
  dimension,
  ...(of ? { edge: of } : {}),
  state: "firing",
  direction: "above",
  expected: null,
  observed: 0.4,
  unit: "share",
  unusualness: 0.999,
  sinceMs: onsetMs,
  atMs: onsetMs + 10_000,
  agreeing: [],
  telemetry: "sha256:00",
  summary: `${name} ${dimension}`,
});

/** gateway -> cart -> store, and checkout -> store; what is not given of them is well. */
export function madeScene(over: Partial<Scene>, findings: readonly Finding[]): Scene {
  return {
    incident: openIncident({ environment, findings: [...findings], alerts: [], why: "" }, [], onsetMs + 15_000),
    nowMs: onsetMs + nowSteps * bucketMs,
    services: [],
    topology: joinTopology(
      [
        { from: "gateway", to: "cart" },
        { from: "cart", to: "store" },
        { from: "checkout", to: "store" },
      ],
      [],
    ),
    changes: [],
    exits: [],
    targets: {},
    knownGood: {},
    red: {},
    tried: [],
    ...over,
  };
}
