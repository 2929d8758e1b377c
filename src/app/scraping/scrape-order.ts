import { hash } from "node:crypto";
import type { Scrape, ScrapeTarget, Service } from "../../loop/signal/service.ts";

/** A declared target, with who it speaks for and how it is asked. */
export interface Scraped {
  readonly key: string;
  readonly service: Service;
  readonly scrape: Scrape;
  readonly target: ScrapeTarget;
}

/** Remembers when targets were asked, and says whose turn it is: of those that are due, the one that waits longest. */
export interface ScrapeOrder {
  /** Targets that are due and were not asked yet, longest overdue first. */
  due(targets: readonly Scraped[], nowMs: number): Scraped[];
  asked(target: Scraped, nowMs: number): void;
  /** How long a target waits to be asked, ms; 0 when it is not due. */
  overdueMs(target: Scraped, nowMs: number): number;
  /** Nobody waits for longer than since now: until now another controller asked. */
  begin(nowMs: number): void;
  keepOnly(keys: ReadonlySet<string>): void;
}

export function createScrapeOrder(): ScrapeOrder {
  const lastSlot = new Map<string, number>();
  const firstMs = new Map<string, number>();
  let begunMs = -Infinity;

  function overdueMs(target: Scraped, nowMs: number): number {
    const [slot, last] = [slotOf(target, nowMs), lastSlot.get(target.key)];
    if (slot === last) return 0;
    const sinceMs =
      last === undefined ? (firstMs.get(target.key) ?? nowMs) : slotStartMs(target, Math.min(slot, last + 1));
    return Math.max(1, nowMs - Math.max(sinceMs, begunMs));
  }

  return {
    due(targets, nowMs) {
      for (const { key } of targets) if (!firstMs.has(key)) firstMs.set(key, nowMs);
      return targets
        .map((target) => ({ target, waitedMs: overdueMs(target, nowMs) }))
        .filter(({ waitedMs }) => waitedMs > 0)
        .toSorted((a, b) => b.waitedMs - a.waitedMs)
        .map(({ target }) => target);
    },
    asked: (target, nowMs) => void lastSlot.set(target.key, slotOf(target, nowMs)),
    overdueMs,
    begin: (nowMs) => void (begunMs = nowMs),
    keepOnly(keys) {
      for (const map of [lastSlot, firstMs]) for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
    },
  };
}

/**
 * Which of its intervals a target is in. Each has a place of its own within the interval, not too near its end, so that targets
 * do not all come at once and every interval of telemetry that is as long sees a target once.
 */
const slotOf = (target: Scraped, nowMs: number): number =>
  Math.floor((nowMs - placeMs(target)) / target.scrape.intervalMs);

const slotStartMs = (target: Scraped, slot: number): number => slot * target.scrape.intervalMs + placeMs(target);

const placeMs = ({ key, scrape: { intervalMs } }: Scraped): number =>
  Number.parseInt(hash("sha1", key).slice(0, 8), 16) % Math.max(1, intervalMs - 1_000);
