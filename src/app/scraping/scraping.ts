import type { ComponentStatus } from "../../engine/operations.ts";
import type { InstanceDown } from "../../loop/diagnosis/scene-metrics.ts";
import type { Service } from "../../loop/signal/service.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Intake } from "../../server/intake.ts";
import type { CleanText } from "../../server/receivers/clean-text.ts";
import { scrapeTarget, type ScrapeOutcome } from "../../server/receivers/scrape-target.ts";
import { createScrapePlaces } from "./scrape-places.ts";
import { createScrapeOrder, type Scraped } from "./scrape-order.ts";
import { scrapeStatus } from "./scrape-status.ts";

/** Targets in all (I11); what is declared beyond it is named in the status. */
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
  const places = createScrapePlaces((key) => failing.has(key), scrape);
  const count = { scrapes: 0, scrapesFailed: 0, scrapesLate: 0, scrapeSamplesRejected: 0, scrapeSamplesDropped: 0 };
  let turn = { mine: false, askedMs: -Infinity };
  let known: Known = { of: [], targets: [], beyond: 0 };

  /** Worked out once for each configuration; what is no longer named is forgotten. */
  function targets(): readonly Scraped[] {
    const of = parts.services();
    if (known.of === of) return known.targets;
    known = knownOf(of);
    const keys = new Set(known.targets.map((t) => t.key));
    order.keepOnly(keys);
    for (const key of failing.keys()) if (!keys.has(key)) failing.delete(key);
    return known.targets;
  }

  async function isMine(nowMs: number): Promise<boolean> {
    if (nowMs >= turn.askedMs && nowMs - turn.askedMs < turnEveryMs) return turn.mine;
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

  async function scrape(due: Scraped): Promise<void> {
    const nowMs = parts.clock.nowMs();
    order.asked(due, nowMs);
    const { service, target, scrape: how } = due;
    const who = { service: service.telemetryName, environment: service.environment, instance: target.instance };
    const timeoutMs = Math.min(Math.floor(how.intervalMs * timeoutShare), timeoutMsMax);
    const wanted = { who, url: target.url, timeoutMs, ...(how.auth ? { auth: how.auth } : {}) };
    const outcome = await scrapeTarget(wanted, nowMs, { ...parts, stopped: stop.signal });
    if (!stop.signal.aborted) note(due, nowMs, outcome);
  }

  const isStarved = ({ key, scrape: how }: Scraped, waitedMs: number): boolean =>
    waitedMs >= starvedIntervals * how.intervalMs && !failing.has(key) && !places.isRunning(key);

  function starved(nowMs: number) {
    const waits = (turn.mine ? targets() : []).map((of) => ({ of, waitedMs: order.overdueMs(of, nowMs) }));
    return waits
      .filter(({ of, waitedMs }) => isStarved(of, waitedMs))
      .map(({ of, waitedMs }) => ({ service: of.service.name, instance: of.target.instance, waitedMs }));
  }

  return {
    async tick() {
      const nowMs = parts.clock.nowMs();
      const isTurn = targets().length > 0 && (await isMine(nowMs));
      places.fill(isTurn ? order.due(targets(), nowMs) : []);
      count.scrapesLate += places.late();
    },
    down: () => [...failing.values()],
    status: () => scrapeStatus(targets().length, known.beyond, [...failing.values()], starved(parts.clock.nowMs())),
    counters: () => (targets().length === 0 && count.scrapes === 0 ? {} : { ...count }),
    async close() {
      stop.abort();
      await places.close();
    },
  };
}

function knownOf(of: readonly Service[]): Known {
  const all = of.flatMap(targetsOf);
  return { of, targets: all.slice(0, targetsMax), beyond: Math.max(0, all.length - targetsMax) };
}

const targetsOf = (service: Service): Scraped[] =>
  (service.scrape?.targets ?? []).flatMap((target) =>
    service.scrape ? [{ key: `${service.name} ${target.url}`, service, scrape: service.scrape, target }] : [],
  );
