import type { Scraped } from "./scrape-order.ts";

/**
 * Scrapes under way at the same time, and how many of them may be of one service, or of targets that did not answer last time (I11):
 * neither may keep the others from being asked.
 */
const atOnceMax = 16;
const ofServiceMax = 12;
const failingMax = 8;

/** The places that scrapes under way hold. */
export interface ScrapePlaces {
  /** Starts those of the waiting for which there is a place, first come first; what ends gives its place to the next. */
  fill(waiting: readonly Scraped[]): void;
  /** How many of those that were given last still wait for a place, and are not under way. */
  late(): number;
  isRunning(key: string): boolean;
  /** Starts nothing more, and resolves when all that is under way has ended. */
  close(): Promise<void>;
}

/** `scrape` must not reject. */
export function createScrapePlaces(
  isFailing: (key: string) => boolean,
  scrape: (of: Scraped) => Promise<void>,
): ScrapePlaces {
  const running = new Map<string, { readonly of: Scraped; readonly done: Promise<void> }>();
  let waiting: readonly Scraped[] = [];
  let closed = false;

  const held = (isOne: (of: Scraped) => boolean): number => [...running.values()].filter(({ of }) => isOne(of)).length;

  const hasPlace = ({ key, service }: Scraped): boolean =>
    running.size < atOnceMax &&
    !running.has(key) &&
    !(isFailing(key) && held((of) => isFailing(of.key)) >= failingMax) &&
    held((of) => of.service.name === service.name) < ofServiceMax;

  function start(of: Scraped): void {
    const done = scrape(of).finally(() => {
      running.delete(of.key);
      if (!closed) startWaiting();
    });
    running.set(of.key, { of, done });
  }

  function startWaiting(): void {
    const still: Scraped[] = [];
    for (const of of waiting)
      if (hasPlace(of)) start(of);
      else still.push(of);
    waiting = still;
  }

  return {
    fill(of) {
      waiting = of;
      if (!closed) startWaiting();
    },
    late: () => waiting.filter(({ key }) => !running.has(key)).length,
    isRunning: (key) => running.has(key),
    async close() {
      closed = true;
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
