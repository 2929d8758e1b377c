import type { StatusReport } from "../engine/operations.ts";
import type { Recorder } from "../engine/recorder.ts";
import { findUnhealed } from "../engine/find-unhealed.ts";
import { recordStates } from "../engine/incident-story.ts";
import { takeOver } from "../engine/take-over.ts";
import type { ControllerLease } from "../engine/controller-lease.ts";
import { createStopWatch } from "../engine/watch-stops.ts";
import type { World } from "../engine/world.ts";
import type { Archiving } from "./archive/archiving.ts";
import type { ClockWatch } from "./sight/clock-watch.ts";
import type { LearnedKeeping } from "./learned/learned-state.ts";
import type { MetricsStores } from "./metrics-stores.ts";
import type { Scraping } from "./scraping/scraping.ts";
import type { Watch } from "./sight/watch.ts";
import { startLoop, type Loop } from "./sight/watch-loop.ts";

const keepWindowsMs = 24 * 3_600_000;
const keepPassingMs = 30 * keepWindowsMs;
const keepLearnedMs = 7 * keepWindowsMs;
/** Streams of which learned state is kept, over all controllers (I11). */
const learnedMax = 300_000;
/** Durable runs removed in one transaction, and how often in one round (I11): 5,000 every ten minutes. */
const portionRuns = 100;
const portionsMax = 50;
const heartbeatLookMs = 1_000;
const storesLookMs = 15_000;
const scrapesLookMs = 500;
const stopLookMs = 2_000;
const recordAgainMs = 600_000;

export interface LoopParts {
  readonly world: World;
  readonly watch: Watch;
  readonly controller: ControllerLease;
  readonly recorder: Recorder;
  readonly clockWatch: ClockWatch;
  readonly stores: MetricsStores;
  readonly scraping: Scraping;
  /** Removes what was only passing through and is older than a time. */
  readonly prune: (beforeMs: number) => Promise<unknown>;
  readonly status: () => Promise<StatusReport>;
  readonly log: (text: string) => void;
}

/** Everything that happens again and again, by the name the status shows. */
export function startLoops(parts: LoopParts): Record<string, Loop> {
  const { world, watch, controller, recorder, log } = parts;
  const loop = (name: string, everyMs: number, body: () => Promise<void>): Loop => startLoop(name, everyMs, body, log);
  return {
    detection: loop("detection", 1_000, () => watch.tick()),
    targets: loop("targets", 2_500, () => watch.lookAtTargets()),
    "take-over": loop("take-over", 3_000, () => takeOver(world, controller, log)),
    checkpoints: loop("checkpoints", 10_000, async () => void (await recorder.publish())),
    retention: loop("retention", 600_000, () => retain(parts)),
    clock: loop("clock", 1_000, async () => tellJump(parts)),
    heals: loop("heals", 30_000, () => findUnhealed(world)),
    records: loop("records", 60_000, () => recordStates(world, recordAgainMs)),
    stops: loop("stops", stopLookMs, createStopWatch(world)),
    stores: loop("stores", storesLookMs, () => parts.stores.look()),
    scrapes: loop("scrapes", scrapesLookMs, () => parts.scraping.tick()),
    heartbeat: loop("heartbeat", heartbeatLookMs, heartbeat(parts)),
  };
}

/** The archive's own rounds, which neither wait nor fail: it tells itself how it is. Returns what ends them. */
export function keepArchiving(archiving: Pick<Archiving, "flush" | "tidy">, log: (text: string) => void) {
  const loops = [
    startLoop("archive", 15_000, async () => archiving.flush(), log),
    startLoop("archive retention", 600_000, async () => archiving.tidy(), log),
  ];
  return async (): Promise<void> => void (await Promise.all(loops.map((loop) => loop.stop())));
}

/** Writes down what was learned, a portion each second. Returns what ends it. */
export function keepLearned(learned: Pick<LearnedKeeping, "save">, log: (text: string) => void) {
  const loop = startLoop("learned state", 1_000, () => learned.save(), log);
  return () => loop.stop();
}

/** Incidents, runs and the audit log stay; what only passes through and ended durable runs are kept for a month, windows for a day. */
async function retain({ world, prune }: LoopParts): Promise<void> {
  const nowMs = world.clock.nowMs();
  await world.store.windows.prune(nowMs - keepWindowsMs);
  await prune(nowMs - keepPassingMs);
  await world.store.learned.prune(nowMs - keepLearnedMs, learnedMax);
  await pruneRuns(world, nowMs - keepPassingMs);
}

/** What ended durable runs recorded, step by step; what came of them is in incidents, runs and the audit log. */
async function pruneRuns({ durable }: World, endedBeforeMs: number): Promise<void> {
  for (let i = 0; i < portionsMax; i++) if ((await durable.prune(endedBeforeMs, portionRuns)) < portionRuns) return;
}

function tellJump({ clockWatch, log }: LoopParts): void {
  if (clockWatch.look() !== undefined) log(clockWatch.trouble() ?? "");
}

/** The dead man's switch: while Homeostat is well it calls a URL; when the calls stop, whoever waits for them knows. */
function heartbeat({ world, status }: LoopParts): () => Promise<void> {
  let lastMs = 0;
  return async () => {
    const wanted = world.config().settings.heartbeat;
    if (!wanted || Date.now() - lastMs < wanted.intervalMs) return;
    if ((await status()).state === "failed") return;
    const response = await fetch(wanted.url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(5_000),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the heartbeat was answered ${response.status}`);
    lastMs = Date.now();
  };
}
