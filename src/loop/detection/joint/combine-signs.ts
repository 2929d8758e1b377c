import type { Contribution, JointDimension } from "../finding.ts";
import type { Sign } from "./sign.ts";

/** Several dimensions of a service, judged as one. */
export interface Joint {
  /**
   * How probable it is that at one look in usual times as many dimensions are together as improbable as these, for whichever number
   * of the most improbable ones that is least.
   */
  readonly chance: number;
  readonly signs: readonly Sign[];
  /** Since when the most telling shows. */
  readonly sinceMs: number;
}

/** No dimension counts as more improbable than this, so that one alone is never enough. */
const chanceMin = 1e-6;
/** Dimensions there are; those that were not seen count as usual. */
const dimensions = 7;
const dimensionsMin = 2;

/**
 * Fisher's product of the chances of the k most improbable dimensions, times the ways to choose k of all, times the numbers k that
 * were tried. `undefined` where fewer than two dimensions show a sign. Of a dimension that several kinds of telemetry show, the
 * plainest counts.
 */
export function combineSigns(signs: readonly Sign[]): Joint | undefined {
  const worst = ofEachDimension(signs);
  const [first] = worst;
  if (!first || worst.length < dimensionsMin) return undefined;
  let [log, ways, least] = [0, 0, 0];
  for (const [i, { chance }] of worst.entries()) {
    log += Math.log(chance);
    ways += Math.log((dimensions - i) / (i + 1));
    if (i + 1 >= dimensionsMin) least = Math.min(least, logProduct(log, i + 1) + ways);
  }
  const tried = dimensions - dimensionsMin + 1;
  return {
    chance: Math.min(1, tried * Math.exp(least)),
    signs: worst,
    sinceMs: first.sinceMs,
  };
}

function ofEachDimension(signs: readonly Sign[]): Sign[] {
  const by = new Map<JointDimension, Sign>();
  for (const sign of signs) {
    const other = by.get(sign.dimension);
    const plainer = other === undefined || sign.chance < other.chance ? sign : other;
    const chance = Math.min(1, Math.max(chanceMin, plainer.chance * (other === undefined ? 1 : 2)));
    by.set(sign.dimension, { ...plainer, chance });
  }
  return [...by.values()].toSorted((a, b) => a.chance - b.chance || (a.dimension < b.dimension ? -1 : 1));
}

/** Logarithm of the probability that the product of `k` numbers, each anywhere between 0 and 1, is at most `exp(log)`. */
function logProduct(log: number, k: number): number {
  let [term, sum] = [1, 1];
  for (let j = 1; j < k; j++) sum += term *= -log / j;
  return log + Math.log(sum);
}

/** What each dimension adds: its share of all the improbability. */
export function contributionsOf({ signs }: Joint): Contribution[] {
  const all = signs.reduce((sum, s) => sum + Math.log(s.chance), 0);
  return signs.map(({ dimension, from, chance, told }) => ({
    dimension,
    share: Math.log(chance) / all,
    chance,
    from,
    text: told(),
  }));
}
