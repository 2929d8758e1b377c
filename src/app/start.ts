import { randomBytes } from "node:crypto";
import { tracerFromEnvironment } from "../adapters/tracer/otlp/from-environment.ts";
import { recordStates } from "../engine/incident-story.ts";
import { wakeHeals } from "../engine/operate.ts";
import { createControllerLease } from "../engine/controller-lease.ts";
import { formatVerifierKey } from "../loop/audit/note.ts";
import { createLoginCode } from "../server/session.ts";
import { createBrain } from "./brain.ts";
import { errorText, openCare } from "./care.ts";
import { createClockWatch } from "./sight/clock-watch.ts";
import { openDoors } from "./doors.ts";
import { layFoundation } from "./foundation.ts";
import { boundHeapGrowth } from "./heap-growth.ts";
import { keepArchiving, keepLearned, startLoops } from "./loops.ts";
import { recordCare, recordStart, type CareEvent } from "./status/own-records.ts";
import { createSteadyClock } from "./sight/steady-clock.ts";
import { version } from "./status/version.ts";
import type { Loop } from "./sight/watch-loop.ts";

export interface StartOptions {
  /** Care repo: a directory, or the URL of a Git repository. */
  readonly care: string;
  readonly dataDir: string;
  readonly databaseUrl?: string;
  readonly host: string;
  readonly port: number;
  readonly otlpPort: number;
  readonly otlpGrpcPort: number;
  readonly log: (text: string) => void;
}

export interface Running {
  readonly url: string;
  readonly otlpUrl: string;
  readonly otlpGrpc: string;
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
  boundHeapGrowth();
  try {
    return await start(options, started, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Who is told of a care repo's changes once there is somebody to tell. */
interface Later {
  care?: (event: CareEvent) => void;
}

const tellCare = (log: (text: string) => void, later: Later): Parameters<typeof openCare>[2] => ({
  activated(config, warnings) {
    for (const warning of warnings) log(`care repo: ${errorText(warning)}`);
    later.care?.({ commit: config.commit, errors: [] });
  },
  refused(errors) {
    // One that cannot even be started on ends the start, which names the errors itself.
    if (!later.care) return;
    for (const error of errors) log(`care repo, change refused: ${errorText(error)}`);
    later.care({ commit: "", errors: errors.map(errorText) });
  },
});

async function start(
  options: StartOptions,
  started: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Running> {
  const { dataDir } = options;
  const later: Later = {};
  const care = await openCare(options.care, dataDir, tellCare(options.log, later));
  started.push(() => care.stop());
  const foundation = await layFoundation(options);
  started.push(() => foundation.close());
  const { store, clock, signer, redactor } = foundation;
  const log = (text: string): void => options.log(redactor.redact(text));

  const ended = Promise.withResolvers<string>();
  const controller = createControllerLease(store.leases, `c-${randomBytes(6).toString("hex")}`, ended.resolve);
  await controller.start();
  started.push(() => controller.stop());

  const tracer = await tracerFromEnvironment(process.env, { version, instance: controller.id, redactor });
  started.push(() => tracer.close());
  const steadyMs = createSteadyClock();
  const clockWatch = createClockWatch(Date.now, () => steadyMs(Date.now()));
  const clockTrouble = () => clockWatch.trouble();
  const config = () => care.current();
  const brain = createBrain({ foundation, dataDir, controller, config, tracer, clockTrouble, log });
  const { world, recorder, archiving, forwarding } = brain;
  started.push(async () => void (await Promise.all([archiving.close(), forwarding.close()])));
  await world.durable.launch();
  started.push(() => world.durable.shutdown());
  // Before any telemetry comes, and once more when none comes any more.
  await brain.learned.load();
  started.push(() => brain.learned.close());

  const loops: Record<string, Loop> = {};
  const careProblems = () => care.problems().map(errorText);
  const doors = await openDoors({ ...options, foundation, brain, loops: () => loops, careProblems, clockTrouble, log });
  started.push(() => doors.close());

  later.care = (event) =>
    void recordCare(world, event)
      .then(() => wakeHeals(world, `care/${event.commit}`))
      .catch(() => undefined);
  await recordStart(world, version);
  await recordStates(world);
  Object.assign(
    loops,
    startLoops({
      ...brain,
      controller,
      clockWatch,
      prune: (beforeMs) => store.prune(beforeMs),
      status: () => doors.operations.status(),
      log,
    }),
  );
  started.push(keepArchiving(archiving, log), keepLearned(brain.learned, log));
  started.push(async () => {
    await Promise.all(Object.values(loops).map((loop) => loop.stop()));
    await brain.scraping.close();
    await recorder.publish();
  });
  const loginLink = async () => `${doors.url}/login?code=${await createLoginCode(store, clock, "first start")}`;
  const auditKey = formatVerifierKey(signer.name, signer.publicKey);
  const { url, otlpUrl, otlpGrpc } = doors;
  return { url, otlpUrl, otlpGrpc, auditKey, loginLink, ended: ended.promise, stop };
}
