import { emptyRate, learnRate, rateAbove, type RateBaseline } from "./rate-baseline.ts";
import { poissonAtMost } from "./tails.ts";
import type { LogTemplate } from "./templates/log-template.ts";

/** Lines of a shape are counted in steps of this length. */
export const stepMs = 10_000;
/** Steps after which it is known how often a shape comes. */
const stepsKnown = 6;
const suddenMin = 10;
const warnSeverity = 13;
const falseAlarm = 1e-6;
/** A shape has to come for so long before it can be missed, and its silence to last longer than any pause it ever made. */
const regularMs = 1_800_000;
const goneMinMs = 60_000;
const pauseFactor = 3;
/** Other lines have to come at this share of their usual rate, or it is not the shape that is gone but the work. */
const othersShare = 0.5;
const othersMin = 5;
/** A new kind of error speaks up from its second line on: one line is an accident. */
const newMin = 2;

/** What is odd about a shape: it was never seen before, comes far more often than usual, or stopped. */
export type Oddity = "new" | "often" | "gone";

/** Lines counted in steps. */
interface Counted {
  readonly rate: RateBaseline;
  stepStartMs: number;
  count: number;
}

/** How lines of a whole service come. */
export interface ServiceLines extends Counted {
  lines: number;
}

/** How lines of one template come to one service. */
export interface LogShape extends Counted {
  template: LogTemplate;
  /** Error lines of a shape that came up after the time to learn. */
  readonly isNew: boolean;
  /** Highest severity seen. */
  severity: number;
  readonly firstMs: number;
  lastMs: number;
  total: number;
  /** Longest time between two lines, but for one that was told of. */
  pauseMs: number;
  /** Lines a step, its own and of the rest of the service, when it was last seen; and all lines of the service until then. */
  usual: { own: number; others: number; before: number };
  oddity: Oddity | undefined;
  /** When it was last odd, and since when. */
  oddMs: number;
  sinceMs: number;
  firing: boolean;
}

export const newShape = (template: LogTemplate, isNew: boolean, nowMs: number): LogShape => ({
  template,
  isNew,
  severity: 0,
  rate: emptyRate(),
  stepStartMs: nowMs,
  count: 0,
  firstMs: nowMs,
  lastMs: nowMs,
  total: 0,
  pauseMs: 0,
  usual: { own: 0, others: 0, before: 0 },
  oddity: undefined,
  oddMs: -Infinity,
  sinceMs: nowMs,
  firing: false,
});

export function countLine(shape: LogShape, severity: number, all: ServiceLines, nowMs: number): void {
  shape.count++;
  shape.total++;
  shape.severity = Math.max(shape.severity, severity);
  if (!shape.firing) shape.pauseMs = Math.max(shape.pauseMs, nowMs - shape.lastMs);
  shape.lastMs = nowMs;
  const own = Math.min(shape.rate.mean, (shape.total * stepMs) / Math.max(stepMs, nowMs - shape.firstMs));
  shape.usual.own = own;
  shape.usual.others = Math.max(0, all.rate.mean - shape.rate.mean);
  shape.usual.before = all.lines;
}

/** What is odd about a shape right now. Bursts are told of warnings and errors, novelty of errors, disappearance of all. */
export function oddityOf(shape: LogShape, all: ServiceLines, nowMs: number): Oddity | undefined {
  if (isFresh(shape)) return shape.total >= newMin ? "new" : undefined;
  if (shape.severity >= warnSeverity && isBurst(shape)) return "often";
  return isGone(shape, all, nowMs) ? "gone" : undefined;
}

const isFresh = ({ isNew, rate }: LogShape): boolean => isNew && rate.weight < stepsKnown;

const isBurst = ({ rate, count }: LogShape): boolean =>
  rate.weight >= stepsKnown && count >= suddenMin && rateAbove(rate, count, 1) < falseAlarm;

function isGone({ usual, rate, lastMs, firstMs, pauseMs }: LogShape, all: ServiceLines, nowMs: number): boolean {
  const silentMs = nowMs - lastMs;
  if (silentMs < goneMinMs || silentMs < pauseFactor * pauseMs || lastMs - firstMs < regularMs) return false;
  const steps = silentMs / stepMs;
  if (poissonAtMost(0, (usual.own * steps) / rate.dispersion) >= falseAlarm) return false;
  const others = all.lines - usual.before;
  return others >= Math.max(othersMin, othersShare * usual.others * steps);
}

/** Learns the steps that ended, unless they were odd, or odd would become usual. After a long pause a few tell enough. */
export function passSteps(counted: Counted, learns: boolean, nowMs: number): void {
  for (let i = 0; nowMs - counted.stepStartMs >= stepMs; i++) {
    if (learns) learnRate(counted.rate, counted.count);
    counted.count = 0;
    counted.stepStartMs = i < 60 ? counted.stepStartMs + stepMs : nowMs;
  }
}

/** Lines that were expected since the last one. */
export const expectedSince = ({ usual, lastMs }: LogShape, nowMs: number): number =>
  (usual.own * Math.max(0, nowMs - lastMs)) / stepMs;
