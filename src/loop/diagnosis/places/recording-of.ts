import { ownActor } from "../../signal/observed-change.ts";
import type { ChangeSignal } from "../../signal/signal.ts";
import type { RecordedChange, RecordedLog, Recording } from "../rank/recording.ts";
import type { Scene } from "../scene.ts";
import { recordedLines } from "./recorded-lines.ts";
import { recordedLogs, recordedSpans } from "./recorded-traces.ts";
import { requestsOf } from "./red-series.ts";
import { resourcesOf } from "./resource-series.ts";
import { stepsOf } from "./steps.ts";
import { symptomsOf } from "./symptoms-of.ts";

/** What a ranking is to look at, and what there was no room for. */
export interface Recorded {
  readonly recording: Recording;
  readonly left: readonly string[];
}

/**
 * A scene as the recording a ranking of services reads: requests, resources, traces, lines and changes of each, and who calls whom. Whatever
 * is not in the scene is not in the recording. Bounded by the services given, the steps and the points of resources.
 */
export function recordingOf(scene: Scene, services: readonly string[]): Recorded {
  const steps = stepsOf(scene);
  const near = new Set(services);
  const requests = new Map(services.map((s) => [s, requestsOf(scene, s, steps)]));
  const resources = resourcesOf(scene, services, steps, (s) => (requests.get(s)?.length ?? 0) > 0);
  const spans = recordedSpans(scene.recentTraces?.spans ?? [], steps);
  const logs = recordedLogs(scene.recentTraces?.logs ?? [], spans, steps);
  // Lines as they came say more than what is remembered of them.
  const logging = new Set(logs.map((l) => l.place));
  const remembered = (service: string): RecordedLog[] => {
    const heardMs = requests.get(service)?.[0]?.timesMs ?? [];
    return logging.has(service) ? [] : recordedLines(service, scene.logs?.[service], heardMs, steps);
  };
  const recording: Recording = {
    places: services.map((id) => ({ id })),
    calls: scene.topology.edges.flatMap(({ from, to }) => (near.has(from) && near.has(to) ? [{ from, to }] : [])),
    series: [...[...requests.values()].flat(), ...resources.series],
    spans,
    logs: [...logs, ...services.flatMap(remembered)],
    changes: changesOf(scene, near),
    symptoms: symptomsOf(scene).filter((s) => near.has(s.place)),
    window: { fromMs: steps.fromMs, toMs: steps.toMs },
  };
  return {
    recording,
    left: resources.left > 0 ? [`${resources.left} series of metrics, for which there was no room`] : [],
  };
}

/** What Homeostat itself changed is no cause of what it was to heal. */
const changesOf = ({ changes }: Scene, near: ReadonlySet<string>): RecordedChange[] =>
  changes
    .filter((c) => near.has(c.service) && c.actor !== ownActor)
    .map((c) => ({ place: c.service, timeMs: c.timeMs, text: told(c) }));

const told = ({ change, subject, to }: ChangeSignal): string =>
  [change, subject, "changed", ...(to === undefined ? [] : ["to", to])].filter(Boolean).join(" ").slice(0, 200);
