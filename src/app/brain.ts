import { createDbosEngine } from "../adapters/durable/dbos/dbos-engine.ts";
import { webhookNotifier } from "../adapters/notifier/webhook/webhook-notifier.ts";
import { heal } from "../engine/heal.ts";
import { notifyStory } from "../engine/notify.ts";
import type { Recorder } from "../engine/recorder.ts";
import { createTargetWatch, type TargetWatch } from "../engine/watch-targets.ts";
import type { ControllerLease } from "../engine/controller-lease.ts";
import type { World } from "../engine/world.ts";
import type { Crowding } from "../loop/detection/crowd.ts";
import type { Fault } from "../loop/detection/faults.ts";
import type { History } from "../ports/archive.ts";
import type { ActiveConfig } from "../ports/config.ts";
import type { Tracer } from "../ports/tracer.ts";
import type { TraceReader } from "../ports/traces.ts";
import { cleanText } from "../server/receivers/clean-text.ts";
import type { Archiving } from "./archive/archiving.ts";
import { buildWorld } from "./build-world.ts";
import { openArchiving, openEyes } from "./sight/eyes.ts";
import type { Foundation } from "./foundation.ts";
import { createForwarding, type Forwarding } from "./sight/forwarding.ts";
import { createLearnedState, type LearnedKeeping } from "./learned/learned-state.ts";
import { createMetricsStores, type MetricsStores } from "./metrics-stores.ts";
import { nameHeard } from "./sight/name-heard.ts";
import { nameTraces } from "./sight/name-traces.ts";
import { createNaming } from "./sight/naming.ts";
import { passOn } from "./sight/pass-on.ts";
import { createRoundTrip, installationId, type RoundTrip } from "./sight/round-trip.ts";
import { recentTraces } from "./sight/recent-traces.ts";
import type { Sight } from "./sight/sight.ts";
import { createScraping, type Scraping } from "./scraping/scraping.ts";
import { createTally, type Tally } from "./sight/tally.ts";
import { createWatch, type Watch } from "./sight/watch.ts";

const undeliveredMax = 100;
const scrapeLeaseMs = 10_000;

export interface BrainParts {
  readonly foundation: Foundation;
  readonly dataDir: string;
  readonly controller: ControllerLease;
  readonly config: () => ActiveConfig;
  /** Where Homeostat's own traces go. */
  readonly tracer: Tracer;
  /** What is to be told of a clock that was set not long ago. */
  readonly clockTrouble: () => string | undefined;
  readonly log: (text: string) => void;
}

/** What sees, decides and acts; not yet running until its durable engine is launched and its watch is looped. */
export interface Brain {
  readonly world: World;
  readonly recorder: Recorder;
  readonly watch: Watch;
  readonly sight: Sight;
  readonly tally: Tally;
  readonly stores: MetricsStores;
  readonly scraping: Scraping;
  readonly archiving: Archiving;
  readonly history: History;
  readonly traces: TraceReader;
  readonly forwarding: Forwarding;
  readonly roundTrip: RoundTrip;
  /** What has more than is looked at, worst first. */
  readonly crowded: () => readonly Crowding[];
  /** What could not be looked at because that threw, the latest last. */
  readonly faults: () => readonly Fault[];
  readonly learned: LearnedKeeping;
  /** Notifications that could not be delivered, newest last. */
  readonly undelivered: readonly string[];
  counters(): Record<string, number>;
}

export function createBrain(parts: BrainParts): Brain {
  const { foundation, dataDir, controller, config, tracer, log } = parts;
  const eyes = openEyes(foundation.store, foundation.clock, config);
  const naming = createNaming(() => config().services);
  const { archiving, history, reader } = openArchiving({ ...parts, eyes, naming });
  const durable = createDbosEngine({ databaseUrl: foundation.databaseUrl, controllerId: controller.id, log });
  const late: { targets?: TargetWatch; scraping?: Scraping } = {};
  const traces = nameTraces(eyes.detector.traces, naming);
  const tally = createTally();
  const { redactor, clock } = foundation;
  const stores = createMetricsStores({ servers: () => config().settings.prometheus, redactor, clock });
  const { world, recorder } = buildWorld({
    foundation,
    dataDir,
    durable,
    telemetry: naming.reader(reader),
    traces,
    controller,
    config,
    exits: () => late.targets?.exits() ?? [],
    heard: nameHeard(eyes, naming),
    notable: naming.notable(eyes.notable.read),
    recentTraces: recentTraces(archiving.room.waiting, naming, () => clock.nowMs()),
    tally,
    tracer,
    stores,
    down: () => late.scraping?.down() ?? [],
  });
  const targets = (late.targets = createTargetWatch(world));
  const undelivered = registerStories(world, log);
  const learned = createLearnedState({ learned: eyes.detector.learned, store: foundation.store.learned, clock, log });
  const installation = installationId(foundation.signer);
  const forwarding = createForwarding(() => config().settings, installation);
  const roundTrip = createRoundTrip(passOn(eyes.sight, [archiving, forwarding], log), installation, clock);
  const { sight } = roundTrip;
  const scraping = (late.scraping = createScraping({
    services: () => config().services,
    intake: tally.counting({ ...sight.intake, control: async () => undefined }),
    clean: cleanText(redactor),
    clock,
    turn: async () => (await foundation.store.leases.acquire("scrapes", controller.id, scrapeLeaseMs)) !== undefined,
  }));
  const { put: remember, slots: recall } = eyes.telemetry;
  const watch = createWatch({ ...eyes, world, sight, targets, naming, remember, recall });
  const counters = () => ({
    ...eyes.counters(),
    ...archiving.cost.counters(archiving.room.stats(), archiving.archive()?.state()),
    ...countersOf([forwarding, learned, roundTrip, scraping]),
    ...tracerCounters(tracer),
  });
  return {
    world,
    recorder,
    watch,
    sight,
    tally,
    archiving,
    history,
    traces,
    forwarding,
    learned,
    roundTrip,
    stores,
    scraping,
    crowded: () => eyes.crowded(),
    faults: eyes.detector.faults,
    undelivered,
    counters,
  };
}

function tracerCounters(tracer: Tracer): Record<string, number> {
  const { sent, failed } = tracer.counters();
  return sent + failed === 0 ? {} : { traceSpansSent: sent, traceSpansFailed: failed };
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

const countersOf = (parts: readonly { counters(): Readonly<Record<string, number>> }[]): Record<string, number> =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part.counters())));
