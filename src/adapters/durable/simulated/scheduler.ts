import { setImmediate, setTimeout } from "node:timers/promises";
import type { Random } from "../../../kernel/random.ts";
import { createTimers } from "./timers.ts";

interface Ready {
  readonly owner: string;
  readonly go: () => void;
}

/** A body may do real work off the virtual clock for this many turns, and then for this many real milliseconds. */
const quickTurnsMax = 100;
const silentMsMax = 500;

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
  /** Turns until nothing is left to do up to `untilMs`, or `done` says so. */
  run(untilMs: number, done: () => boolean): Promise<void>;
}

/**
 * One thing at a time, drawn by the seed, on a virtual clock that moves only when nothing is ready. `busy` tells how many
 * bodies are at work and not waiting for the clock.
 */
export function createScheduler(random: Random, startMs: number, busy: () => number): Scheduler {
  let nowMs = startMs;
  const patience = createPatience(busy);
  let readies: Ready[] = [];
  const aside = new Map<string, Ready[]>();
  const timers = createTimers();
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
      patience.renew();
      drawn.go();
      return true;
    }
    if (await patience.wait()) return true;
    const next = timers.first();
    if (!next || next.atMs > limitMs) {
      if (Number.isFinite(limitMs)) nowMs = Math.max(nowMs, limitMs);
      return false;
    }
    timers.removeFirst();
    patience.renew();
    nowMs = Math.max(nowMs, next.atMs);
    next.fire();
    return true;
  }
  const scheduler: Scheduler = {
    nowMs: () => nowMs,
    ready(owner, go) {
      (aside.get(owner) ?? readies).push({ owner, go });
    },
    at: (atMs, fire) => timers.add(atMs, fire),
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
    async run(untilMs, done) {
      while (!done() && (await scheduler.turn(untilMs)));
    },
  };
  return scheduler;
}

/** Waits for bodies that are at work in real time, but not for ever: those waited for in vain are left behind. */
function createPatience(busy: () => number) {
  let turns = 0;
  let givenUp = 0;
  return {
    renew: () => void (turns = 0),
    /** False when there is nobody to wait for. */
    async wait(): Promise<boolean> {
      const working = busy();
      givenUp = Math.min(givenUp, working);
      if (working === givenUp) return false;
      if (turns++ > quickTurnsMax) await setTimeout(1);
      if (turns > quickTurnsMax + silentMsMax) givenUp = working;
      return true;
    },
  };
}
