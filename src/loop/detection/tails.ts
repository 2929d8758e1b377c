const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Natural logarithm of the gamma function for x > 0 (Lanczos approximation, g = 7, n = 9). */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  const sum = lanczos.reduce((a, c, i) => a + c / (y + i + 1), 0.99999999999980993);
  const t = y + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Terms summed at most; beyond, what is left is smaller than what was summed can resolve. */
const termsMax = 2_000;

/** Sum of a geometric-like falling series of terms. */
function sumTerms(first: number, ratio: (i: number) => number): number {
  let [term, sum] = [first, first];
  for (let i = 0; i < termsMax; i++) {
    term *= ratio(i);
    sum += term;
    if (!(term > sum * 1e-6)) break;
  }
  return Math.min(1, sum);
}

/** P(X >= x) for a binomial; 1 where x is not above the mean, since nobody asks there. Takes fractional x and n. */
export function binomialAtLeast(x: number, n: number, p: number): number {
  if (x <= n * p || n <= 0) return 1;
  if (p <= 0) return 0;
  const k = Math.min(x, n);
  const log = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p);
  return sumTerms(Math.exp(log), (i) => (Math.max(0, n - k - i) / (k + i + 1)) * (p / (1 - p)));
}

/** P(X <= x) for a Poisson variable; 1 where x is not below the mean. */
export function poissonAtMost(x: number, mean: number): number {
  if (x >= mean) return 1;
  return sumTerms(Math.exp(x * Math.log(mean) - mean - logGamma(x + 1)), (i) => Math.max(0, x - i) / mean);
}

/** P(X >= x) for a Poisson variable; 1 where x is not above the mean. */
export function poissonAtLeast(x: number, mean: number): number {
  if (x <= mean) return 1;
  if (mean <= 0) return 0;
  return sumTerms(Math.exp(x * Math.log(mean) - mean - logGamma(x + 1)), (i) => mean / (x + i + 1));
}
