import { createDbosEngine } from "../adapters/durable/dbos/dbos-engine.ts";
import { webhookNotifier } from "../adapters/notifier/webhook/webhook-notifier.ts";
import { createTelemetryMemory } from "../adapters/telemetry/memory/telemetry-memory.ts";
import { heal } from "../engine/heal.ts";
import { notifyStory } from "../engine/notify.ts";
import type { Recorder } from "../engine/recorder.ts";
import { createTargetWatch, type TargetWatch } from "../engine/watch-targets.ts";
import type { ControllerLease } from "../engine/controller-lease.ts";
import type { World } from "../engine/world.ts";
import { createDetector } from "../loop/detection/detector.ts";
import { createRedAggregator } from "../loop/detection/red-aggregator.ts";
import type { Clock } from "../ports/clock.ts";
import type { ActiveConfig } from "../ports/config.ts";
import type { Store } from "../ports/store.ts";
import type { Tracer } from "../ports/tracer.ts";
import { buildWorld } from "./build-world.ts";
import type { Foundation } from "./foundation.ts";
import { createNaming } from "./naming.ts";
import { createNotableMemory } from "./notable.ts";
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
  /** Notifications that could not be delivered, newest last. */
  readonly undelivered: readonly string[];
  counters(): Record<string, number>;
}

export function createBrain({ foundation, dataDir, controller, config, tracer, log }: BrainParts): Brain {
  const eyes = openEyes(foundation.store, foundation.clock, config);
  const naming = createNaming(() => config().services);
  const durable = createDbosEngine({ databaseUrl: foundation.databaseUrl, controllerId: controller.id, log });
  const late: { targets?: TargetWatch } = {};
  const telemetry = naming.reader(eyes.telemetry.reader);
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
    notable: naming.notable(eyes.notable.read),
    tally,
    tracer,
  });
  const targets = (late.targets = createTargetWatch(world));
  const undelivered = registerStories(world, log);
  const { sight, aggregator, detector } = eyes;
  const watch = createWatch({ world, sight, aggregator, detector, targets, naming, remember: eyes.telemetry.put });
  const counters = () => ({ ...eyes.counters(), ...tracerCounters(tracer) });
  return { world, recorder, watch, sight, tally, undelivered, counters };
}

function tracerCounters(tracer: Tracer): Record<string, number> {
  const { sent, failed } = tracer.counters();
  return sent + failed === 0 ? {} : { traceSpansSent: sent, traceSpansFailed: failed };
}

/** Telemetry's way in: aggregation, detection and the recent buckets gates read. */
function openEyes(store: Store, clock: Clock, config: () => ActiveConfig) {
  const aggregator = createRedAggregator();
  const detector = createDetector();
  const notable = createNotableMemory(config, () => clock.nowMs());
  const sight = createSight(aggregator, () => clock.nowMs(), notable);
  const edges = (environment: string, withinMs: number) => aggregator.edges(environment, clock.nowMs(), withinMs);
  const telemetry = createTelemetryMemory({ windows: store.windows, edges, clock });
  const counters = () => ({ ...sight.counters(), ...aggregator.stats(), ...detector.stats(), ...notable.counters() });
  return { aggregator, detector, sight, telemetry, notable, counters };
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
