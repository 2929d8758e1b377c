/**
 * How surprising a deviation is in nats, by how often deviations as large were seen before: minus the logarithm of its tail
 * probability. Beyond the largest one seen the tail falls as a power of the deviation (a Pareto tail, so a heavy one): surprise goes on
 * growing, slowly. Deviations are in scales; less than one is worth less. `before` is sorted upwards.
 */
export function surprise(deviation: number, before: Float64Array, tailExponent: number): number {
  const largest = Math.max(1, before.at(-1) ?? 0);
  const atLeast = before.length - firstAtLeast(before, deviation);
  const beyond = tailExponent * Math.max(0, Math.log(deviation / largest));
  return (Math.log((before.length + 1) / (atLeast + 1)) + beyond) * Math.min(1, deviation);
}

function firstAtLeast(all: Float64Array, value: number): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Twice-halved G: the log-likelihood ratio, in nats, of `k` of `n` and `m` of `l` having two rates rather than one. */
export function rateChange(k: number, n: number, m: number, l: number): number {
  const rate = (k + m) / (n + l);
  return term(k, n * rate) + term(n - k, n * (1 - rate)) + term(m, l * rate) + term(l - m, l * (1 - rate));
}

/** The log-likelihood ratio, in nats, of `k` of `n` having a larger rate than `rate`; 0 when it is not larger. */
export const rateExcess = (k: number, n: number, rate: number): number => (k / n <= rate ? 0 : rateOff(k, n, rate));

/** The log-likelihood ratio, in nats, of `k` of `n` having another rate than `rate`, which is neither 0 nor 1. */
export const rateOff = (k: number, n: number, rate: number): number => term(k, n * rate) + term(n - k, n * (1 - rate));

const term = (seen: number, expected: number): number => (seen > 0 ? seen * Math.log(seen / expected) : 0);
