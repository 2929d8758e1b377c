import { bucketMs, type RedBucket } from "../../../loop/detection/red.ts";
import { createPackedSlot, type PackedSlot } from "./packed-slot.ts";

/** Recent buckets by time. Bounded in time and in number, whichever is reached first (I11). */
export interface RecentSlots {
  /** Also lets go of what lies ahead of `nowMs`: it is from before the clock was set back, and of no use when that time comes. */
  put(buckets: readonly RedBucket[], nowMs: number): void;
  /** Buckets of these series whose start lies in [fromMs, toMs), in order of time. */
  read(series: readonly string[], fromMs: number, toMs: number): RedBucket[];
  /** All buckets of the intervals whose start lies in [fromMs, toMs), interval by interval, oldest first. */
  slots(fromMs: number, toMs: number): Iterable<readonly RedBucket[]>;
  /** Start of the oldest interval that is held; Infinity when none is. */
  heldFromMs(): number;
  /** Series of a service that are still held: its own, those of its instances and versions, and its edges to others. */
  seriesOf(service: string, environment: string): string[];
  /** `bucketsPushedOut`: buckets younger than the time they are kept for, let go because there were too many, or the clock was set back. */
  stats(): { readonly bucketsHeld: number; readonly bucketsPushedOut: number };
}

export function createRecentSlots(keptMs: number, bucketsMax: number): RecentSlots {
  const slots = new Map<number, PackedSlot>();
  /** When each series was last seen, by who it belongs to. */
  const owned = new Map<string, Map<string, number>>();
  let [held, pushedOut] = [0, 0];

  function remember({ series, startMs }: RedBucket): void {
    const owner = ownerOf(series);
    const lasts = owned.get(owner) ?? new Map<string, number>();
    lasts.set(series, Math.max(startMs, lasts.get(series) ?? startMs));
    owned.set(owner, lasts);
  }

  function drop(slot: PackedSlot): void {
    slots.delete(slot.startMs);
    held -= slot.size();
    for (const series of slot.series()) {
      const owner = ownerOf(series);
      const lasts = owned.get(owner);
      if (lasts?.get(series) === slot.startMs) lasts.delete(series);
      if (lasts?.size === 0) owned.delete(owner);
    }
  }

  function letGo(nowMs: number): void {
    for (const slot of slots.values()) {
      if (slot.startMs <= nowMs + bucketMs) continue;
      pushedOut += slot.size();
      drop(slot);
    }
    for (const slot of [...slots.values()].toSorted((a, b) => a.startMs - b.startMs)) {
      const isOld = slot.startMs + bucketMs <= nowMs - keptMs;
      if (!isOld && held <= bucketsMax) return;
      if (!isOld) pushedOut += slot.size();
      drop(slot);
    }
  }

  return {
    put(buckets, nowMs) {
      for (const bucket of buckets) {
        const slot = slots.get(bucket.startMs) ?? createPackedSlot(bucket.startMs);
        slots.set(bucket.startMs, slot);
        const before = slot.size();
        slot.put(bucket);
        held += slot.size() - before;
        remember(bucket);
      }
      letGo(nowMs);
    },
    read: (series, fromMs, toMs) =>
      [...slots.values()]
        .filter((slot) => slot.startMs >= fromMs && slot.startMs < toMs)
        .toSorted((a, b) => a.startMs - b.startMs)
        .flatMap((slot) => series.flatMap((key) => slot.get(key) ?? [])),
    *slots(fromMs, toMs) {
      const wanted = [...slots.values()].filter((slot) => slot.startMs >= fromMs && slot.startMs < toMs);
      for (const slot of wanted.toSorted((a, b) => a.startMs - b.startMs))
        yield [...slot.series()].flatMap((key) => slot.get(key) ?? []);
    },
    heldFromMs: () => Math.min(...slots.keys()),
    seriesOf: (service, environment) => [...(owned.get(JSON.stringify([environment, service]))?.keys() ?? [])],
    stats: () => ({ bucketsHeld: held, bucketsPushedOut: pushedOut }),
  };
}

/** Environment and service of a `seriesKey`; for an edge the service that calls. */
function ownerOf(series: string): string {
  const parts: unknown = JSON.parse(series);
  return JSON.stringify(Array.isArray(parts) ? parts.slice(1, 3) : []);
}
