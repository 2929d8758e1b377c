import type { Clock } from "../../../src/ports/clock.ts";

/** Time that passes only when everything that could happen now has happened. Deterministic: ties go by who asked first. */
export interface VirtualTime extends Clock {
  /** Calls `wake` at a time, or at once after what is already due when that time has passed. Gives what takes it back. */
  at(ms: number, wake: () => void): () => void;
  sleep(ms: number): Promise<void>;
  /** Lets time pass until `done` holds or `untilMs` is reached; the virtual clock then shows at most `untilMs`. */
  run(untilMs: number, done?: () => boolean): Promise<void>;
}

interface Timer {
  readonly ms: number;
  readonly turn: number;
  wake?: () => void;
}

const earlier = (a: Timer, b: Timer): boolean => a.ms < b.ms || (a.ms === b.ms && a.turn < b.turn);

export function createVirtualTime(startMs: number): VirtualTime {
  const heap: Timer[] = [];
  let nowMs = startMs;
  let turn = 0;
  const time: VirtualTime = {
    nowMs: () => nowMs,
    at(ms, wake) {
      const timer: Timer = { ms: Math.max(ms, nowMs), turn: ++turn, wake };
      push(heap, timer);
      return () => delete timer.wake;
    },
    sleep: (ms) => new Promise((resolve) => void time.at(nowMs + ms, resolve)),
    async run(untilMs, done = () => false) {
      for (await drain(); !done(); await drain()) {
        const next = heap[0];
        if (!next || next.ms > untilMs) {
          nowMs = Math.max(nowMs, untilMs);
          return;
        }
        pop(heap);
        if (!next.wake) continue;
        nowMs = next.ms;
        next.wake();
      }
    },
  };
  return time;
}

/** A turn of the real event loop: every promise that can settle without time passing has settled then. */
const drain = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function push(heap: Timer[], timer: Timer): void {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (!above || earlier(above, timer)) break;
    heap[at] = above;
    heap[parent] = timer;
    at = parent;
  }
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    let least = left;
    const [l, r] = [heap[left], heap[right]];
    if (l && r && earlier(r, l)) least = right;
    const child = heap[least];
    if (!child || earlier(last, child)) break;
    heap[at] = child;
    at = least;
  }
  heap[at] = last;
}
