import { hash } from "node:crypto";
import type { ComponentStatus } from "../engine/operations.ts";
import type { InstanceDown } from "../loop/diagnosis/scene-metrics.ts";
import type { Scrape, ScrapeTarget, Service } from "../loop/signal/service.ts";
import type { Clock } from "../ports/clock.ts";
import type { Intake } from "../server/intake.ts";
import type { CleanText } from "../server/receivers/clean-text.ts";
import { scrapeTarget, type ScrapeOutcome } from "../server/receivers/scrape-target.ts";

/** Scrapes under way at the same time, and targets in all (I11). What has to wait is counted as late. */
const atOnceMax = 16;
const targetsMax = 2_000;
const timeoutMsMax = 10_000;
/** How often it is asked whether this controller is the one that scrapes. */
const turnEveryMs = 3_000;
const shownMax = 5;

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

interface Due {
  readonly key: string;
  readonly service: Service;
  readonly scrape: Scrape;
  readonly target: ScrapeTarget;
}

export function createScraping(parts: ScrapingParts): Scraping {
  const stop = new AbortController();
  const lastSlot = new Map<string, number>();
  const failing = new Map<string, InstanceDown>();
  const running = new Map<string, Promise<void>>();
  const count = { scrapes: 0, scrapesFailed: 0, scrapesLate: 0, scrapeSamplesRejected: 0, scrapeSamplesDropped: 0 };
  let turn = { mine: false, askedMs: -Infinity };
  let known: { readonly of: readonly Service[]; readonly targets: readonly Due[] } = { of: [], targets: [] };

  /** Worked out once for each configuration; what is no longer named is forgotten. */
  function targets(): readonly Due[] {
    const of = parts.services();
    if (known.of === of) return known.targets;
    known = { of, targets: of.flatMap(targetsOf).slice(0, targetsMax) };
    const keys = new Set(known.targets.map((t) => t.key));
    for (const map of [lastSlot, failing]) for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
    return known.targets;
  }

  async function isMine(nowMs: number): Promise<boolean> {
    if (nowMs - turn.askedMs >= turnEveryMs) turn = { mine: await parts.turn(), askedMs: nowMs };
    return turn.mine;
  }

  function note({ key, service, target }: Due, atMs: number, outcome: ScrapeOutcome): void {
    count.scrapes += 1;
    count.scrapeSamplesRejected += outcome.rejected;
    count.scrapeSamplesDropped += outcome.dropped;
    if (outcome.up) return void failing.delete(key);
    count.scrapesFailed += 1;
    const sinceMs = failing.get(key)?.sinceMs ?? atMs;
    failing.set(key, { service: service.name, instance: target.instance, sinceMs, why: outcome.why });
  }

  async function scrape(due: Due, nowMs: number): Promise<void> {
    const { service, target, scrape: how } = due;
    const who = { service: service.telemetryName, environment: service.environment, instance: target.instance };
    const timeoutMs = Math.min(how.intervalMs, timeoutMsMax);
    const wanted = { who, url: target.url, timeoutMs, ...(how.auth ? { auth: how.auth } : {}) };
    const outcome = await scrapeTarget(wanted, nowMs, { ...parts, stopped: stop.signal });
    if (!stop.signal.aborted) note(due, nowMs, outcome);
  }

  function start(due: Due, nowMs: number): void {
    const slot = slotOf(due, nowMs);
    if (lastSlot.get(due.key) === slot || running.has(due.key)) return;
    if (running.size >= atOnceMax) return void (count.scrapesLate += 1);
    lastSlot.set(due.key, slot);
    running.set(
      due.key,
      scrape(due, nowMs).finally(() => running.delete(due.key)),
    );
  }

  return {
    async tick() {
      const nowMs = parts.clock.nowMs();
      if (targets().length === 0 || !(await isMine(nowMs))) return;
      for (const due of targets()) start(due, parts.clock.nowMs());
    },
    down: () => [...failing.values()],
    status: () => statusOf(targets().length, [...failing.values()]),
    counters: () => (targets().length === 0 && count.scrapes === 0 ? {} : { ...count }),
    async close() {
      stop.abort();
      await Promise.all(running.values());
    },
  };
}

const targetsOf = (service: Service): Due[] =>
  (service.scrape?.targets ?? []).flatMap((target) =>
    service.scrape ? [{ key: `${service.name} ${target.url}`, service, scrape: service.scrape, target }] : [],
  );

/**
 * Which of its intervals a target is in. Each has a place of its own within the interval, not too near its end, so that targets
 * do not all come at once and every interval of telemetry that is as long sees a target once.
 */
function slotOf({ key, scrape: { intervalMs } }: Due, nowMs: number): number {
  const place = Number.parseInt(hash("sha1", key).slice(0, 8), 16) % Math.max(1, intervalMs - 1_000);
  return Math.floor((nowMs - place) / intervalMs);
}

function statusOf(targets: number, failing: readonly InstanceDown[]): ComponentStatus[] {
  if (targets === 0) return [];
  if (failing.length === 0) return [{ name: "scrape targets", state: "ok", detail: `${targets} targets` }];
  const shown = failing.slice(0, shownMax).map((f) => `${f.instance} of ${f.service}: ${f.why}`);
  const more = failing.length > shownMax ? [`${failing.length - shownMax} more`] : [];
  return [{ name: "scrape targets", state: "degraded", detail: [...shown, ...more].join("; ") }];
}
