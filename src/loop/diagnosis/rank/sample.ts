/** Of finite values, sorted upwards; `q` from 0 to 1, linear between neighbours. NaN when there is none. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export const sorted = (values: Iterable<number>): Float64Array =>
  Float64Array.from([...values].filter(Number.isFinite)).toSorted();

/** Sum that starts from 0. */
export const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

export interface Spread {
  readonly median: number;
  /** Interquartile range, as the standard deviation a normal distribution of that range has. */
  readonly scale: number;
}

const iqrOfUnitNormal = 1.349;

/** Median and scale that up to a quarter of wild values do not move. */
export function spreadOf(values: Iterable<number>): Spread {
  const all = sorted(values);
  const median = quantile(all, 0.5);
  const iqr = (quantile(all, 0.75) - quantile(all, 0.25)) / iqrOfUnitNormal;
  const tail = quantile(sorted(all.map((v) => Math.abs(v - median))), 0.95) / 1.96;
  return { median, scale: Math.max(iqr, tail) };
}

/** Mean of the given share of values that are largest, of one at least. */
export function topMean(values: Iterable<number>, share: number): number {
  const all = sorted(values);
  const many = Math.max(1, Math.ceil(all.length * share));
  return sum(all.subarray(all.length - many)) / many;
}
