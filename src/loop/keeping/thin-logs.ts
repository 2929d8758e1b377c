import { createRecentMap } from "../detection/recent-map.ts";
import type { LogSignal } from "../signal/signal.ts";
import { hashShare } from "./hash-share.ts";
import { minuteOf, type Keeping } from "./keeping.ts";
import type { LogReason, LogRow } from "./row.ts";

/** Lines kept of a service and minute: of warnings and errors, and of all others. */
export const linesMax = { severe: 200, sample: 20 } as const;
const warnSeverity = 13;
/** Services and minutes of which it is remembered how many lines were kept, twice as many at most (I11). */
const countsMax = 20_000;

/** Which log lines are kept, and why: of each service and minute those whose hash is least, up to a number. */
export interface LogThinning {
  /** Of lines of the same minute. Asked again for a minute, it has only what is left of its numbers. */
  thin(logs: readonly LogSignal[], keeping: Keeping): { readonly whole: LogRow[]; readonly thinned: LogRow[] };
}

export function createLogThinning(): LogThinning {
  const kept = createRecentMap<number>(countsMax);

  function choose(key: string, logs: readonly LogSignal[], keptFor: "severe" | "sample"): LogRow[] {
    const before = kept.get(key) ?? 0;
    const room = linesMax[keptFor] - before;
    const chosen = room >= logs.length ? logs : room > 0 ? least(logs, room) : [];
    if (chosen.length > 0) kept.set(key, before + chosen.length);
    return chosen.map((log) => rowOf(log, chosen.length / logs.length, keptFor));
  }

  return {
    thin(logs, keeping) {
      const whole: LogRow[] = [];
      const rest: LogSignal[] = [];
      for (const log of logs)
        if (keeping.isWhole(log.service, log.environment, log.timeMs)) whole.push(rowOf(log, 1, "window"));
        else rest.push(log);
      const thinned = [...Map.groupBy(rest, keyOf)].flatMap(([key, lines]) =>
        choose(key, lines, key.startsWith("severe") ? "severe" : "sample"),
      );
      return { whole, thinned };
    },
  };
}

const keyOf = (log: LogSignal): string =>
  `${log.severity >= warnSeverity ? "severe" : "sample"} ${minuteOf(log.timeMs)} ${log.environment}\u0000${log.service}`;

/** Whatever order they came in, the same lines are chosen. */
const least = (logs: readonly LogSignal[], many: number): LogSignal[] =>
  logs
    .map((log) => ({ log, place: hashShare(`${log.timeMs} ${log.instance ?? ""} ${log.body}`) }))
    .toSorted((a, b) => a.place - b.place)
    .slice(0, many)
    .map(({ log }) => log);

const rowOf = (log: LogSignal, share: number, keptFor: LogReason): LogRow => ({ ...log, share, keptFor });
