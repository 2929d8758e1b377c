import type { RedBucket } from "../../loop/detection/red.ts";
import { minuteOf, type Keeping } from "../../loop/keeping/keeping.ts";
import { addBucket, bucketRow } from "../../loop/keeping/roll-up-buckets.ts";
import type { RedRow } from "../../loop/keeping/row.ts";

export interface SettledRed {
  readonly whole: readonly RedRow[];
  readonly thinned: readonly RedRow[];
  /** Buckets that were rolled up with others. */
  readonly leftOut: number;
  /** Buckets for which there was no room. */
  readonly dropped: number;
}

/** Rows made of one span of time at most (I11). */
const rowsMax = 400_000;

/**
 * RED of whole minutes from `fromMs` to before `toMs`: as it is for services near an incident, else a row a minute. Between the
 * intervals it lets everything else have its turn, for there may be a hundred thousand series.
 */
export async function settleRed(slots: Iterable<readonly RedBucket[]>, keeping: Keeping): Promise<SettledRed> {
  const whole: RedRow[] = [];
  const minutes = new Map<number, Map<string, RedRow>>();
  let [leftOut, dropped, rows] = [0, 0, 0];
  for (const buckets of slots) {
    const startMs = minuteOf(buckets[0]?.startMs ?? 0);
    const minute = minutes.get(startMs) ?? new Map<string, RedRow>();
    minutes.set(startMs, minute);
    for (const bucket of buckets) {
      const known = minute.has(bucket.series);
      if (!known && rows >= rowsMax) dropped++;
      else if (isWhole(bucket, keeping)) rows = whole.push(bucketRow(bucket)) && rows + 1;
      else {
        addBucket(minute, bucket);
        if (known) leftOut++;
        else rows++;
      }
    }
    await new Promise(setImmediate);
  }
  return { whole, thinned: [...minutes.values()].flatMap((m) => [...m.values()]), leftOut, dropped };
}

/** An edge is kept whole with either of its ends. */
function isWhole({ series, startMs }: RedBucket, keeping: Keeping): boolean {
  if (!keeping.hasWindows) return false;
  const [type, environment = "", service = "", other = ""] = JSON.parse(series) as string[];
  return (
    keeping.isWhole(service, environment, startMs) || (type === "edge" && keeping.isWhole(other, environment, startMs))
  );
}
