import type { RankSettings } from "./rank-settings.ts";
import { quantile, sorted, spreadOf, sum, topMean } from "./sample.ts";
import { surprise } from "./surprise.ts";
import type { Cut } from "./timeline.ts";

/** One measure of one place, cut at the window. */
export interface Measured {
  readonly place: string;
  readonly cut: Cut;
  /** The scale is at least this, in the unit of the values. */
  readonly floor?: number;
}

export interface Deviation {
  readonly place: string;
  /** Robust standard deviations off the median; its sign is the direction of the farthest points. */
  readonly deviation: number;
  readonly nats: number;
  readonly median: number;
  /** The value farthest off. */
  readonly farthest: number;
  readonly sinceMs: number | undefined;
}

/** Fewer points than this are no history. */
const pastMin = 4;

/**
 * How far each place's measure is off what it was, and how surprising that is given how far the same measure was off at all places
 * before: a measure that often jumps has to jump farther. Measures with too little history, or none in the window, are left out.
 */
export function deviationsOf(
  all: readonly Measured[],
  { scaleFloor, topShare, tailExponent }: RankSettings,
  { upOnly = false }: { readonly upOnly?: boolean } = {},
): Deviation[] {
  const usable = all.filter((m) => m.cut.past.length >= pastMin && m.cut.now.length > 0);
  const spreads = usable.map((m) => spreadOf(m.cut.past));
  const level = quantile(sorted(spreads.map((s) => Math.abs(s.median)).filter((m) => m > 0)), 0.5);
  const off = (value: number) => (upOnly ? Math.max(0, value) : Math.abs(value));
  const scales = usable.map((m, i) => {
    const { median, scale } = spreads[i] ?? { median: 0, scale: 0 };
    return Math.max(scale, m.floor ?? scaleFloor * Math.abs(median)) || scaleFloor * level;
  });
  const before = sorted(
    usable.flatMap((m, i) => m.cut.past.map((v) => off((v - (spreads[i]?.median ?? 0)) / (scales[i] ?? NaN)))),
  );
  const usual = farthestUsually(before, topShare);
  return usable.flatMap((m, i) => {
    const [median, scale] = [spreads[i]?.median ?? 0, scales[i] ?? NaN];
    if (!(scale > 0)) return [];
    const offs = m.cut.now.map((v) => off((v - median) / scale));
    const deviation = topMean(offs, topShare);
    const farthest = m.cut.now[offs.indexOf(offs.reduce((a, b) => Math.max(a, b)))] ?? NaN;
    const nats = Math.min(
      surprise(deviation, before, tailExponent),
      beyondChance(deviation, offs.length * topShare, usual, usable.length),
    );
    const sinceMs = m.cut.nowMs[offs.findIndex((o) => o >= deviation / 2)];
    return [{ place: m.place, deviation, nats, median, farthest, sinceMs }];
  });
}

/** What the farthest share of points usually is off, and how far a mean of one of them would stray by chance. */
interface Farthest {
  readonly mean: number;
  readonly spread: number;
}

/** Smallest spread of the farthest points, in scales: what was always the same is not known to a hair. */
const spreadMin = 0.1;

/** As the mean of a tail varies: by the spread within it, and by where it begins. */
function farthestUsually(before: Float64Array, share: number): Farthest {
  const from = Math.floor(before.length * (1 - share));
  const far = before.slice(from);
  const mean = sum(far) / Math.max(1, far.length);
  const [within, beginning] = [spreadOf(far).scale, mean - (before[from] ?? mean)];
  return { mean, spread: Math.max(spreadMin, Math.hypot(within, beginning * Math.sqrt(1 - share))) };
}

/**
 * The mean of the farthest of many points is never small, and that of usual ones hardly varies: nats by which `deviation`, a mean of so many
 * points, is more than that, the most of `looks` that were taken. Without it the farthest third of any noise would look a little surprising.
 */
function beyondChance(deviation: number, points: number, usual: Farthest, looks: number): number {
  const off = (deviation - usual.mean) / (usual.spread / Math.sqrt(Math.max(1, points)));
  return off > 0 ? Math.max(0, (off * off) / 2 - Math.log(looks)) : 0;
}
