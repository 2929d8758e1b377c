import { cutText } from "../../kernel/cut-text.ts";
import type { LogSignal } from "../signal/signal.ts";
import type { NotableLine } from "./notable-line.ts";
import { createRecentMap } from "./recent-map.ts";

const warnSeverity = 13;
/** Bounds (I11): services remembered (up to twice as many), different lines of one, characters of a line and of what tells lines apart. */
const servicesMax = 2_000;
const linesMax = 60;
const textMax = 500;
const keyMax = 300;
/** A line that did not come for this long is forgotten. */
const keptMs = 1_800_000;
/** Lines below WARN that are asked about in one second; the others are counted. */
const askedMax = 5_000;

export interface NotableLines {
  take(log: LogSignal, nowMs: number): void;
  /** Lines of a service, the latest first; undefined when no log of it came. */
  read(service: string, environment: string, nowMs: number): NotableLine[] | undefined;
  stats(): { readonly notableServices: number; readonly notableForgotten: number; readonly linesNotAsked: number };
}

/**
 * Keeps what a diagnosis may want to quote: warnings and errors, and lines of lower or unknown severity that `asks` wants, those alike
 * but for their numbers as one. The oldest make room.
 */
export function createNotableLines(asks: (text: string) => boolean): NotableLines {
  const services = createRecentMap<Map<string, NotableLine>>(servicesMax);
  let [forgotten, notAsked] = [0, 0];
  let budget = { atMs: 0, left: askedMax };

  function isNotable({ severity, body }: LogSignal, nowMs: number): boolean {
    if (severity >= warnSeverity) return true;
    if (Math.abs(nowMs - budget.atMs) >= 1_000) budget = { atMs: nowMs, left: askedMax };
    if (budget.left <= 0) {
      notAsked++;
      return false;
    }
    budget.left--;
    return asks(body);
  }

  function keep(lines: Map<string, NotableLine>, log: LogSignal, nowMs: number): void {
    const key = log.body.slice(0, keyMax).replaceAll(/\d+/g, "#");
    const known = lines.get(key);
    lines.delete(key);
    lines.set(key, known && nowMs - known.lastMs < keptMs ? again(known, log, nowMs) : lineOf(log, nowMs));
    if (lines.size <= linesMax) return;
    forgotten++;
    for (const oldest of lines.keys()) return void lines.delete(oldest);
  }

  return {
    take(log, nowMs) {
      const key = placeOf(log.service, log.environment);
      const lines = services.get(key) ?? new Map<string, NotableLine>();
      services.set(key, lines);
      if (isNotable(log, nowMs)) keep(lines, log, nowMs);
    },
    read: (service, environment, nowMs) => {
      const lines = services.get(placeOf(service, environment));
      return lines && [...lines.values()].filter((l) => nowMs - l.lastMs < keptMs).toReversed();
    },
    stats: () => ({
      notableServices: services.size(),
      notableForgotten: forgotten + services.forgotten(),
      linesNotAsked: notAsked,
    }),
  };
}

const placeOf = (service: string, environment: string): string => JSON.stringify([environment, service]);

const lineOf = ({ body, severity, instance }: LogSignal, nowMs: number): NotableLine => ({
  text: cutText(body, textMax),
  severity,
  count: 1,
  firstMs: nowMs,
  lastMs: nowMs,
  ...(instance === undefined ? {} : { instance }),
});

function again(known: NotableLine, log: LogSignal, nowMs: number): NotableLine {
  const { instance, ...latest } = lineOf(log, nowMs);
  const one = instance !== undefined && instance === known.instance ? { instance } : {};
  return { ...latest, ...one, count: known.count + 1, firstMs: known.firstMs };
}
