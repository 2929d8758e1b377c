import { randomBytes } from "node:crypto";
import { createDbosEngine } from "../adapters/durable/dbos/dbos-engine.ts";
import { webhookNotifier } from "../adapters/notifier/webhook/webhook-notifier.ts";
import { createTelemetryMemory } from "../adapters/telemetry/memory/telemetry-memory.ts";
import { heal } from "../engine/heal.ts";
import { notifyStory } from "../engine/notify.ts";
import { createTender, type Tender } from "../engine/tend.ts";
import { createTenure } from "../engine/tenure.ts";
import { formatVerifierKey } from "../loop/audit/note.ts";
import { createDetector } from "../loop/detection/detector.ts";
import { createRedAggregator } from "../loop/detection/red-aggregator.ts";
import type { World } from "../engine/world.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { createServer } from "../server/server.ts";
import { createLoginCode } from "../server/session.ts";
import { buildWorld } from "./build-world.ts";
import { errorText, openCare } from "./care.ts";
import { acceptIngestToken, adminToken, writeConnection } from "./credentials.ts";
import { layFoundation } from "./foundation.ts";
import { controlIntake } from "./control-intake.ts";
import { createNaming } from "./naming.ts";
import { createOperations } from "./operations.ts";
import { startLoops } from "./loops.ts";
import { createSight } from "./sight.ts";
import { recordCare, recordLogin, recordStart, type CareEvent } from "./own-records.ts";
import { createOtlpServer, receiversOf } from "./receivers.ts";
import { version } from "./version.ts";
import { createWatch } from "./watch.ts";
import type { Loop } from "./watch-loop.ts";

export interface StartOptions {
  /** Care repo: a directory, or the URL of a Git repository. */
  readonly care: string;
  readonly dataDir: string;
  readonly databaseUrl?: string;
  readonly host: string;
  readonly port: number;
  readonly otlpPort: number;
  readonly log: (text: string) => void;
}

export interface Running {
  readonly url: string;
  readonly otlpUrl: string;
  /** Verifier key of the audit log. */
  readonly auditKey: string;
  /** A one-time link to the page. */
  loginLink(): Promise<string>;
  /** Resolves with why when this controller has to end: another took over its work. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Starts all of Homeostat in this process. What was started is stopped again, in reverse order, when a later part fails. */
export async function startHomeostat(options: StartOptions): Promise<Running> {
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const undo of started.splice(0).toReversed())
      await undo().catch((error: unknown) =>
        options.log(`stopping: ${error instanceof Error ? error.message : String(error)}`),
      );
  };
  try {
    return await start(options, started, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: StartOptions,
  started: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Running> {
  const { dataDir, host } = options;
  const events: { care?: (event: CareEvent) => void } = {};
  const care = await openCare(options.care, dataDir, {
    activated: (config) => events.care?.({ commit: config.commit, errors: [] }),
    refused: (errors) => events.care?.({ commit: "", errors: errors.map(errorText) }),
  });
  started.push(() => care.stop());
  const foundation = await layFoundation(options);
  started.push(() => foundation.close());
  const { store, clock, signer, redactor } = foundation;
  const log = (text: string): void => options.log(redactor.redact(text));

  const ended = Promise.withResolvers<string>();
  const tenure = createTenure(store.leases, `c-${randomBytes(6).toString("hex")}`, ended.resolve);
  await tenure.start();
  started.push(() => tenure.stop());

  const eyes = openEyes(store, clock);
  const naming = createNaming(() => care.current().services);
  const durable = createDbosEngine({ databaseUrl: foundation.databaseUrl, controllerId: tenure.id, log });
  const late: { tender?: Tender } = {};
  const { world, recorder } = buildWorld({
    foundation,
    dataDir,
    durable,
    telemetry: naming.reader(eyes.telemetry.reader),
    tenure,
    config: () => care.current(),
    exits: () => late.tender?.exits() ?? [],
  });
  const tender = (late.tender = createTender(world));
  const undelivered = registerStories(world, log);
  await durable.launch();
  started.push(() => durable.shutdown());

  const loops: Record<string, Loop> = {};
  const counts = new Map<string, number>();
  const status = {
    world,
    loops: () => loops,
    careProblems: () => care.problems().map(errorText),
    undelivered: () => undelivered,
    counters: () => ({ ...eyes.counters(), ...Object.fromEntries(counts) }),
  };
  const operations = createOperations(world, signer, status);
  const token = await adminToken(store, dataDir);
  await acceptIngestToken(store);
  const receivers = receiversOf({
    intake: { ...eyes.sight.intake, control: controlIntake(world) },
    redactor,
    clock,
    count: (name, by) => void counts.set(name, (counts.get(name) ?? 0) + by),
  });
  const server = await createServer({
    operations,
    store,
    clock,
    loginSeen: (name, good) => recordLogin(world, name, good),
    receivers: receivers.all,
  });
  started.push(() => server.close());
  const url = await server.listen({ host, port: options.port });
  const otlp = await createOtlpServer(store, clock, receivers);
  started.push(() => otlp.close());
  const otlpUrl = await otlp.listen({ host, port: options.otlpPort });
  await writeConnection(dataDir, url, token);

  events.care = (event) => void recordCare(world, event).catch(() => undefined);
  await recordStart(world, version);
  const watch = createWatch({
    world,
    sight: eyes.sight,
    aggregator: eyes.aggregator,
    detector: eyes.detector,
    tender,
    naming,
    remember: eyes.telemetry.put,
  });
  Object.assign(loops, startLoops({ world, watch, tenure, recorder, status: () => operations.status(), log }));
  started.push(async () => {
    await Promise.all(Object.values(loops).map((loop) => loop.stop()));
    await recorder.publish();
  });
  return {
    url,
    otlpUrl,
    auditKey: formatVerifierKey(signer.name, signer.publicKey),
    loginLink: async () => `${url}/login?code=${await createLoginCode(store, clock, "first start")}`,
    ended: ended.promise,
    stop,
  };
}

/** Telemetry's way in: aggregation, detection and the recent buckets gates read. */
function openEyes(store: Store, clock: Clock) {
  const aggregator = createRedAggregator();
  const detector = createDetector();
  const sight = createSight(aggregator, () => clock.nowMs());
  const telemetry = createTelemetryMemory({
    windows: store.windows,
    edges: (environment, withinMs) => aggregator.edges(environment, clock.nowMs(), withinMs),
    clock,
  });
  return { aggregator, detector, sight, telemetry, counters: () => ({ ...sight.counters(), ...aggregator.stats() }) };
}

/** Registers what runs durably. Gives the list of notifications that could not be delivered, newest last. */
function registerStories(world: World, log: (text: string) => void): string[] {
  const undelivered: string[] = [];
  const notifiers = () =>
    world.config().notifiers.map((spec) => ({ notifier: webhookNotifier(spec, world.clock), events: spec.events }));
  world.durable.register("heal", heal(world));
  world.durable.register(
    "notify",
    notifyStory(notifiers, (text) => {
      log(text);
      undelivered.splice(0, Math.max(0, undelivered.length - 99));
      undelivered.push(text);
    }),
  );
  return undelivered;
}
