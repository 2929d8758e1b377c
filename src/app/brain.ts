import { join } from "node:path";
import { createDbosEngine } from "../adapters/durable/dbos/dbos-engine.ts";
import { webhookNotifier } from "../adapters/notifier/webhook/webhook-notifier.ts";
import { openDuckDbArchive } from "../adapters/archive/duckdb/duckdb-archive.ts";
import { createTelemetryMemory } from "../adapters/telemetry/memory/telemetry-memory.ts";
import { heal } from "../engine/heal.ts";
import { notifyStory } from "../engine/notify.ts";
import type { Recorder } from "../engine/recorder.ts";
import { createTargetWatch, type TargetWatch } from "../engine/watch-targets.ts";
import type { ControllerLease } from "../engine/controller-lease.ts";
import type { World } from "../engine/world.ts";
import { createDetector } from "../loop/detection/detector.ts";
import { createRedAggregator } from "../loop/detection/red-aggregator.ts";
import type { History } from "../ports/archive.ts";
import type { Clock } from "../ports/clock.ts";
import type { ActiveConfig } from "../ports/config.ts";
import type { Store } from "../ports/store.ts";
import type { Tracer } from "../ports/tracer.ts";
import { createArchiving, type Archiving } from "./archiving.ts";
import { buildWorld } from "./build-world.ts";
import type { Foundation } from "./foundation.ts";
import { createForwarding, type Forwarding } from "./forwarding.ts";
import { createHistory } from "./history.ts";
import { keptWindows } from "./kept-windows.ts";
import { lookBack } from "./look-back.ts";
import { nameHistory } from "./name-history.ts";
import { createNaming, type Naming } from "./naming.ts";
import { passOn } from "./pass-on.ts";
import { createSight, type Sight } from "./sight.ts";
import { createTally, type Tally } from "./tally.ts";
import { createWatch, type Watch } from "./watch.ts";

const undeliveredMax = 100;

export interface BrainParts {
  readonly foundation: Foundation;
  readonly dataDir: string;
  readonly controller: ControllerLease;
  readonly config: () => ActiveConfig;
  /** Where Homeostat's own traces go. */
  readonly tracer: Tracer;
  readonly log: (text: string) => void;
}

/** What sees, decides and acts; not yet running until its durable engine is launched and its watch is looped. */
export interface Brain {
  readonly world: World;
  readonly recorder: Recorder;
  readonly watch: Watch;
  readonly sight: Sight;
  readonly tally: Tally;
  readonly archiving: Archiving;
  readonly history: History;
  readonly forwarding: Forwarding;
  /** Notifications that could not be delivered, newest last. */
  readonly undelivered: readonly string[];
  counters(): Record<string, number>;
}

export function createBrain({ foundation, dataDir, controller, config, tracer, log }: BrainParts): Brain {
  const eyes = openEyes(foundation.store, foundation.clock);
  const naming = createNaming(() => config().services);
  const { archiving, history, reader } = openArchiving({ foundation, dataDir, controller, config, eyes, naming });
  const durable = createDbosEngine({ databaseUrl: foundation.databaseUrl, controllerId: controller.id, log });
  const late: { targets?: TargetWatch } = {};
  const telemetry = naming.reader(reader);
  const exits = () => late.targets?.exits() ?? [];
  const tally = createTally();
  const { world, recorder } = buildWorld({
    foundation,
    dataDir,
    durable,
    telemetry,
    controller,
    config,
    exits,
    tally,
    tracer,
  });
  const targets = (late.targets = createTargetWatch(world));
  const undelivered = registerStories(world, log);
  const { aggregator, detector } = eyes;
  const forwarding = createForwarding(() => config().settings);
  const sight = passOn(eyes.sight, [archiving, forwarding], log);
  const watch = createWatch({ world, sight, aggregator, detector, targets, naming, remember: eyes.telemetry.put });
  const archiveCounters = () => archiving.cost.counters(archiving.room.stats(), archiving.archive()?.state());
  const counters = () => ({
    ...eyes.counters(),
    ...archiveCounters(),
    ...forwarding.counters(),
    ...tracerCounters(tracer),
  });
  return { world, recorder, watch, sight, tally, archiving, history, forwarding, undelivered, counters };
}

function tracerCounters(tracer: Tracer): Record<string, number> {
  const { sent, failed } = tracer.counters();
  return sent + failed === 0 ? {} : { traceSpansSent: sent, traceSpansFailed: failed };
}

interface ArchivingOptions extends Pick<BrainParts, "foundation" | "dataDir" | "controller" | "config"> {
  readonly eyes: ReturnType<typeof openEyes>;
  readonly naming: Naming;
}

/** Telemetry beyond memory: its way there, and what looks back. */
function openArchiving({ foundation, dataDir, controller, config, eyes, naming }: ArchivingOptions) {
  const { clock, store } = foundation;
  const services = () => config().services;
  const edges = naming.reader(eyes.telemetry.reader);
  const seen = { incidents: store.incidents, telemetry: edges, naming, services };
  const archiving = createArchiving({
    open: () =>
      openDuckDbArchive({ root: join(dataDir, "telemetry"), writer: controller.id, nowMs: () => clock.nowMs() }),
    clock,
    config,
    windows: (nowMs) => keptWindows(seen, config().settings.telemetry.keeping, nowMs),
    red: eyes.telemetry,
  });
  const reader = lookBack(eyes.telemetry.reader, archiving, eyes.telemetry.heldFromMs);
  const history = createHistory(archiving, eyes.telemetry.reader, eyes.telemetry.heldFromMs);
  return { archiving, reader, history: nameHistory(history, naming) };
}

/** Telemetry's way in: aggregation, detection and the recent buckets gates read. */
function openEyes(store: Store, clock: Clock) {
  const aggregator = createRedAggregator();
  const detector = createDetector();
  const sight = createSight(aggregator, () => clock.nowMs());
  const edges = (environment: string, withinMs: number) => aggregator.edges(environment, clock.nowMs(), withinMs);
  const telemetry = createTelemetryMemory({ windows: store.windows, edges, clock });
  const counters = () => ({ ...sight.counters(), ...aggregator.stats(), ...detector.stats() });
  return { aggregator, detector, sight, telemetry, counters };
}

function registerStories(world: World, log: (text: string) => void): string[] {
  const undelivered: string[] = [];
  const notifiers = () =>
    world.config().notifiers.map((spec) => ({ notifier: webhookNotifier(spec, world.clock), events: spec.events }));
  const failed = (text: string): void => {
    log(text);
    undelivered.splice(0, Math.max(0, undelivered.length - undeliveredMax + 1));
    undelivered.push(text);
  };
  world.durable.register("heal", heal(world));
  world.durable.register("notify", notifyStory(notifiers, failed));
  return undelivered;
}
