import { setTimeout as pause } from "node:timers/promises";
import { createActuators } from "../adapters/actuator/host/create-actuators.ts";
import { httpChecker } from "../adapters/checker/http/http-checker.ts";
import { createRecorder, type Recorder } from "../engine/recorder.ts";
import type { ControllerLease } from "../engine/controller-lease.ts";
import { spansOf } from "../engine/trace-spans.ts";
import type { Heard, World } from "../engine/world.ts";
import type { StopState } from "../loop/decision/decision.ts";
import type { InstanceDown } from "../loop/diagnosis/scene-metrics.ts";
import type { InstanceExit } from "../loop/signal/observed-change.ts";
import type { DurableEngine } from "../ports/durable.ts";
import type { ActiveConfig } from "../ports/config.ts";
import type { TelemetryReader } from "../ports/telemetry.ts";
import type { Tracer } from "../ports/tracer.ts";
import type { TraceReader } from "../ports/traces.ts";
import type { Json } from "../kernel/json.ts";
import type { Foundation } from "./foundation.ts";
import type { MetricsStores } from "./metrics-stores.ts";
import type { ReadNotable } from "./sight/notable.ts";
import type { ReadTraces } from "./sight/recent-traces.ts";
import { readStopFile } from "./stop-file.ts";
import type { Tally } from "./sight/tally.ts";

export interface WorldParts {
  readonly foundation: Foundation;
  readonly dataDir: string;
  readonly durable: DurableEngine;
  readonly telemetry: TelemetryReader;
  readonly traces: TraceReader;
  readonly controller: ControllerLease;
  readonly config: () => ActiveConfig;
  readonly exits: () => readonly InstanceExit[];
  readonly heard: () => Heard;
  readonly notable: ReadNotable;
  readonly recentTraces: ReadTraces;
  readonly tally: Tally;
  readonly tracer: Tracer;
  readonly stores: MetricsStores;
  readonly down: () => readonly InstanceDown[];
}

/** Joins adapters into the world the engine's stories know. */
export function buildWorld(parts: WorldParts): { world: World; recorder: Recorder } {
  const { foundation, dataDir, durable, telemetry, traces, controller, config, exits } = parts;
  const { heard, notable, recentTraces, tally, tracer, stores, down } = parts;
  const { store, clock } = foundation;
  const recorder = createRecorder(foundation);
  const world: World = {
    store,
    durable,
    clock,
    telemetry,
    traces,
    checker: httpChecker(),
    down,
    evidence: (environment) => stores.of(environment),
    actuators: createActuators({
      services: () => config().services,
      settings: () => config().settings,
      dataDir,
      clock,
    }),
    config,
    stops: () => stopState(foundation, dataDir),
    async record(...records) {
      await recorder.record(...records);
      tally.recorded(records);
    },
    ended(view) {
      tracer.emit(spansOf(view));
      tally.ended(view.incident);
    },
    tell: (notification) =>
      durable.start("notify", `notify/${notification.id}`, JSON.parse(JSON.stringify(notification)) as Json),
    controller,
    holdTarget: (target, runId) => controller.holdTarget(target, runId),
    releaseTarget: (target, runId) => controller.releaseTarget(target, runId),
    exits,
    heard,
    notable,
    recentTraces,
    pause: (ms) => pause(ms),
  };
  return { world, recorder };
}

/** Stops of the store and the stop file. Either unreadable: the stop state is unknown, and nothing acts (I8). */
async function stopState({ store, redactor }: Foundation, dataDir: string): Promise<StopState> {
  try {
    const written = (await readStopFile(dataDir)).map((e) => ({ ...e, reason: redactor.redact(e.reason) }));
    return { known: true, entries: [...(await store.stops.list()), ...written] };
  } catch (error) {
    return { known: false, why: error instanceof Error ? error.message : String(error) };
  }
}
