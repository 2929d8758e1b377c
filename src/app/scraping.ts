import type { ComponentStatus } from "../engine/operations.ts";
import type { InstanceDown } from "../loop/diagnosis/scene-metrics.ts";
import type { Service } from "../loop/signal/service.ts";
import type { Clock } from "../ports/clock.ts";
import type { Intake } from "../server/intake.ts";
import type { CleanText } from "../server/receivers/clean-text.ts";
import { scrapeTarget, type ScrapeOutcome } from "../server/receivers/scrape-target.ts";
import { createScrapeOrder, type Scraped } from "./scrape-order.ts";
import { scrapeStatus } from "./scrape-status.ts";

/**
 * Scrapes under way at the same time, and how many of them may be of one service, or of targets that did not answer last time (I11):
 * neither may keep the others from being asked. What has to wait is counted as late.
 */
const atOnceMax = 16;
const ofServiceMax = 12;
const failingMax = 8;
const targetsMax = 2_000;
/** A target gets less than its interval, so that one that hangs gives its place away before its next turn. */
const timeoutMsMax = 10_000;
const timeoutShare = 0.8;
/** A target that was not asked for so many intervals is named. */
const starvedIntervals = 2;
/** How often it is asked whether this controller is the one that scrapes. */
const turnEveryMs = 3_000;

export interface ScrapingParts {
  readonly services: () => readonly Service[];
  readonly intake: Pick<Intake, "telemetry">;
  readonly clean: CleanText;
  readonly clock: Clock;
  /** Whether this controller is the one that scrapes: one does so at a time. */
  readonly turn: () => Promise<boolean>;
}

/** Asks declared targets for their metrics, each at its own moment of its interval. */
export interface Scraping {
  /** Starts what is due and waits for none of it. */
  tick(): Promise<void>;
  /** Targets that did not answer last time. */
  down(): readonly InstanceDown[];
  status(): ComponentStatus[];
  counters(): Record<string, number>;
  close(): Promise<void>;
}

/** The targets of one configuration. */
interface Known {
  readonly of: readonly Service[];
  readonly targets: readonly Scraped[];
  readonly beyond: number;
}

export function createScraping(parts: ScrapingParts): Scraping {
  const stop = new AbortController();
  const order = createScrapeOrder();
  const failing = new Map<string, InstanceDown>();
  const running = new Map<string, { readonly of: Scraped; readonly done: Promise<void> }>();
  const count = { scrapes: 0, scrapesFailed: 0, scrapesLate: 0, scrapeSamplesRejected: 0, scrapeSamplesDropped: 0 };
  let turn = { mine: false, askedMs: -Infinity };
  let known: Known = { of: [], targets: [], beyond: 0 };
  let waiting: readonly Scraped[] = [];

  /** Worked out once for each configuration; what is no longer named is forgotten. */
  function targets(): readonly Scraped[] {
    const of = parts.services();
    if (known.of === of) return known.targets;
    const all = of.flatMap(targetsOf);
    known = { of, targets: all.slice(0, targetsMax), beyond: Math.max(0, all.length - targetsMax) };
    const keys = new Set(known.targets.map((t) => t.key));
    order.keepOnly(keys);
    for (const key of failing.keys()) if (!keys.has(key)) failing.delete(key);
    return known.targets;
  }

  async function isMine(nowMs: number): Promise<boolean> {
    if (nowMs - turn.askedMs < turnEveryMs) return turn.mine;
    const mine = await parts.turn();
    if (mine && !turn.mine) order.begin(nowMs);
    turn = { mine, askedMs: nowMs };
    return mine;
  }

  function note({ key, service, target }: Scraped, atMs: number, outcome: ScrapeOutcome): void {
    count.scrapes += 1;
    count.scrapeSamplesRejected += outcome.rejected;
    count.scrapeSamplesDropped += outcome.dropped;
    if (outcome.up) return void failing.delete(key);
    count.scrapesFailed += 1;
    const sinceMs = failing.get(key)?.sinceMs ?? atMs;
    failing.set(key, { service: service.name, instance: target.instance, sinceMs, why: outcome.why });
  }

  async function scrape(due: Scraped, nowMs: number): Promise<void> {
    const { service, target, scrape: how } = due;
    const who = { service: service.telemetryName, environment: service.environment, instance: target.instance };
    const timeoutMs = Math.min(Math.floor(how.intervalMs * timeoutShare), timeoutMsMax);
    const wanted = { who, url: target.url, timeoutMs, ...(how.auth ? { auth: how.auth } : {}) };
    const outcome = await scrapeTarget(wanted, nowMs, { ...parts, stopped: stop.signal });
    if (!stop.signal.aborted) note(due, nowMs, outcome);
  }

  function start(due: Scraped, nowMs: number): void {
    order.asked(due, nowMs);
    const done = scrape(due, nowMs).finally(() => {
      running.delete(due.key);
      if (!stop.signal.aborted) startWaiting();
    });
    running.set(due.key, { of: due, done });
  }

  const held = (isOne: (of: Scraped) => boolean): number => [...running.values()].filter(({ of }) => isOne(of)).length;

  const hasPlace = ({ key, service }: Scraped): boolean =>
    running.size < atOnceMax &&
    !running.has(key) &&
    !(failing.has(key) && held((of) => failing.has(of.key)) >= failingMax) &&
    held((of) => of.service.name === service.name) < ofServiceMax;

  /** Starts what there is room for; called again when a scrape ends, as a place is free then. */
  function startWaiting(): void {
    const still: Scraped[] = [];
    for (const due of waiting)
      if (hasPlace(due)) start(due, parts.clock.nowMs());
      else still.push(due);
    waiting = still;
  }

  function starved() {
    const nowMs = parts.clock.nowMs();
    if (!turn.mine) return [];
    return targets().flatMap((t) => {
      const waitedMs = order.overdueMs(t, nowMs);
      if (failing.has(t.key) || running.has(t.key) || waitedMs < starvedIntervals * t.scrape.intervalMs) return [];
      return [{ service: t.service.name, instance: t.target.instance, waitedMs }];
    });
  }

  return {
    async tick() {
      const nowMs = parts.clock.nowMs();
      waiting = [];
      if (targets().length === 0 || !(await isMine(nowMs))) return;
      waiting = order.due(targets(), nowMs);
      startWaiting();
      count.scrapesLate += waiting.filter(({ key }) => !running.has(key)).length;
    },
    down: () => [...failing.values()],
    status: () =>
      scrapeStatus({
        targets: targets().length,
        beyond: known.beyond,
        failing: [...failing.values()],
        starved: starved(),
      }),
    counters: () => (targets().length === 0 && count.scrapes === 0 ? {} : { ...count }),
    async close() {
      stop.abort();
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}

const targetsOf = (service: Service): Scraped[] =>
  (service.scrape?.targets ?? []).flatMap((target) =>
    service.scrape ? [{ key: `${service.name} ${target.url}`, service, scrape: service.scrape, target }] : [],
  );
