export interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

/** Timers by time; of one time, by who was first. A binary heap: thousands of runs sleep at once. */
export interface Timers {
  /** Gives the way to call it off. */
  add(atMs: number, fire: () => void): () => void;
  first(): Timer | undefined;
  removeFirst(): void;
}

interface Entry extends Timer {
  readonly order: number;
  off: boolean;
}

export function createTimers(): Timers {
  const heap: Entry[] = [];
  let order = 0;
  return {
    add(atMs, fire) {
      const entry: Entry = { atMs, order: order++, fire, off: false };
      push(heap, entry);
      return () => void (entry.off = true);
    },
    first() {
      while (heap[0]?.off) pop(heap);
      return heap[0];
    },
    removeFirst: () => pop(heap),
  };
}

const before = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

function push(heap: Entry[], entry: Entry): void {
  let i = heap.length;
  heap.push(entry);
  while (i > 0) {
    const up = (i - 1) >> 1;
    const parent = heap[up];
    if (!parent || !before(entry, parent)) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = entry;
}

function pop(heap: Entry[]): void {
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
