import { setImmediate } from "node:timers/promises";
import type { Random } from "../../../kernel/random.ts";

interface Ready {
  readonly owner: string;
  readonly go: () => void;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
  off: boolean;
}

/** Turns of the event loop that a body may stay silent, for real work off the virtual clock, before time goes on without it. */
const silentTurnsMax = 1_000;

export interface Scheduler {
  nowMs(): number;
  /** Lets `go` happen in one of the next turns; which comes first is drawn. */
  ready(owner: string, go: () => void): void;
  /** Calls `fire` when the clock reaches `atMs`. Gives the way to call it off. */
  at(atMs: number, fire: () => void): () => void;
  /** Sets aside what belongs to this owner until it is let go again. */
  hold(owner: string): void;
  letGo(owner: string): void;
  /** Forgets what belongs to this owner. */
  drop(owner: string): void;
  /** Does one thing: something ready, or else the next timer. False when there is nothing to do up to `limitMs`. */
  turn(limitMs: number): Promise<boolean>;
}

/**
 * One thing at a time, drawn by the seed, on a virtual clock that moves only when nothing is ready. `busy` tells how many
 * bodies are at work and not waiting for the clock.
 */
export function createScheduler(random: Random, startMs: number, busy: () => number): Scheduler {
  let nowMs = startMs;
  let order = 0;
  let silentTurns = 0;
  let readies: Ready[] = [];
  const aside = new Map<string, Ready[]>();
  const timers: Timer[] = [];
  let last: Promise<unknown> = Promise.resolve();

  function draw(): Ready | undefined {
    const i = Math.floor(random() * readies.length);
    const drawn = readies[i];
    const end = readies.pop();
    if (end && i < readies.length) readies[i] = end;
    return drawn;
  }
  async function one(limitMs: number): Promise<boolean> {
    await setImmediate();
    if (nowMs > limitMs) return false;
    const drawn = draw();
    if (drawn) {
      silentTurns = 0;
      drawn.go();
      return true;
    }
    if (busy() > 0 && silentTurns++ < silentTurnsMax) return true;
    while (timers[0]?.off) popTimer(timers);
    const next = timers[0];
    if (!next || next.atMs > limitMs) {
      if (Number.isFinite(limitMs)) nowMs = Math.max(nowMs, limitMs);
      return false;
    }
    popTimer(timers);
    silentTurns = 0;
    nowMs = Math.max(nowMs, next.atMs);
    next.fire();
    return true;
  }
  return {
    nowMs: () => nowMs,
    ready(owner, go) {
      (aside.get(owner) ?? readies).push({ owner, go });
    },
    at(atMs, fire) {
      const timer: Timer = { atMs, order: order++, fire, off: false };
      pushTimer(timers, timer);
      return () => void (timer.off = true);
    },
    hold(owner) {
      if (aside.has(owner)) return;
      aside.set(
        owner,
        readies.filter((r) => r.owner === owner),
      );
      readies = readies.filter((r) => r.owner !== owner);
    },
    letGo(owner) {
      readies.push(...(aside.get(owner) ?? []));
      aside.delete(owner);
    },
    drop(owner) {
      aside.delete(owner);
      readies = readies.filter((r) => r.owner !== owner);
    },
    turn(limitMs) {
      const turn = last.then(() => one(limitMs));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

const before = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** A binary heap: thousands of runs sleep at once. */
function pushTimer(heap: Timer[], timer: Timer): void {
  let i = heap.length;
  heap.push(timer);
  while (i > 0) {
    const up = (i - 1) >> 1;
    const parent = heap[up];
    if (!parent || !before(timer, parent)) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = timer;
}

function popTimer(heap: Timer[]): void {
  const end = heap.pop();
  if (!end || heap.length === 0) return;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    const [left, right] = [heap[child], heap[child + 1]];
    if (!left) break;
    let least = left;
    if (right && before(right, left)) [least, child] = [right, child + 1];
    if (!before(least, end)) break;
    heap[i] = least;
    i = child;
  }
  heap[i] = end;
}
