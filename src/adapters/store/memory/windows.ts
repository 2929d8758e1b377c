import type { RedBucket } from "../../../loop/detection/red.ts";
import type { WindowStore } from "../../../ports/store.ts";
import { mergeBuckets } from "../../../loop/detection/merge-buckets.ts";
import { keep } from "./keep.ts";

export function memoryWindows(): WindowStore {
  const buckets = new Map<string, RedBucket>();
  return {
    async put(controller, added) {
      for (const bucket of added)
        buckets.set(JSON.stringify([bucket.series, bucket.startMs, controller]), keep(bucket));
    },
    async read(series, fromMs, toMs) {
      const wanted = new Set(series);
      const inside = ({ series: key, startMs }: RedBucket) => wanted.has(key) && startMs >= fromMs && startMs < toMs;
      return mergeBuckets([...buckets.values()].filter(inside));
    },
    async prune(beforeMs) {
      const old = [...buckets].filter(([, bucket]) => bucket.startMs < beforeMs);
      for (const [key] of old) buckets.delete(key);
      return old.length;
    },
  };
}
