import { minuteMs, minuteOf } from "./keeping.ts";

/** What waits, by the minute it is of. */
export interface MinuteQueue<T> {
  /** `bytes`: what it takes up, estimated. */
  add(item: T, timeMs: number, bytes: number): void;
  /** Takes out the minutes that ended by then, oldest first. */
  takeEndedBy(timeMs: number): T[][];
  /** Takes out so many of the oldest minute, or all of it. */
  takeOldest(many: number): T[];
  items(): Iterable<T>;
  bytes(): number;
  size(): number;
}

interface Minute<T> {
  readonly items: T[];
  bytes: number;
}

export function createMinuteQueue<T>(): MinuteQueue<T> {
  const minutes = new Map<number, Minute<T>>();
  let [bytes, size] = [0, 0];

  function take(startMs: number): T[] {
    const minute = minutes.get(startMs);
    if (!minute) return [];
    minutes.delete(startMs);
    bytes -= minute.bytes;
    size -= minute.items.length;
    return minute.items;
  }

  return {
    add(item, timeMs, itemBytes) {
      const startMs = minuteOf(timeMs);
      let minute = minutes.get(startMs);
      if (!minute) minutes.set(startMs, (minute = { items: [], bytes: 0 }));
      minute.items.push(item);
      minute.bytes += itemBytes;
      bytes += itemBytes;
      size++;
    },
    takeEndedBy: (timeMs) =>
      [...minutes.keys()]
        .filter((startMs) => startMs + minuteMs <= timeMs)
        .toSorted((a, b) => a - b)
        .map(take),
    takeOldest(many) {
      const startMs = Math.min(...minutes.keys());
      const minute = minutes.get(startMs);
      if (!minute || minute.items.length <= many) return take(startMs);
      // The mean is near enough: all of a minute is taken in the end.
      const taken = minute.items.splice(-many);
      const takenBytes = (minute.bytes * many) / (minute.items.length + many);
      minute.bytes -= takenBytes;
      bytes -= takenBytes;
      size -= many;
      return taken;
    },
    *items() {
      for (const minute of minutes.values()) yield* minute.items;
    },
    bytes: () => bytes,
    size: () => size,
  };
}
