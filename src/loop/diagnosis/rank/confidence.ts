/** How fast odds grow with score. This and `nothingOdds` were fitted once, on faults of three systems with evidence withheld, and on times without a fault. */
const sharpness = 4.5;
/** The weight that nothing of what is suspected is true has beside one suspect's, `e^(sharpness * score) - 1`. */
const nothingOdds = 32;
const confidenceMax = 0.99;
/** Beyond this a score is as good as certain, and its power would overflow. */
const scoreMax = 50;

/**
 * Chances of suspects by their scores, and of none: their shares, so a score of 0 has none and rivals share. Never 1. The less sound what was
 * recorded is (`soundnessOf`), the slower they grow.
 */
export function confidences(scores: readonly number[], soundness = 1): { each: number[]; nothing: number } {
  const weights = scores.map((s) => Math.expm1(soundness * sharpness * Math.min(scoreMax, s)));
  const total = weights.reduce((a, b) => a + b, nothingOdds);
  return { each: weights.map((w) => Math.min(confidenceMax, w / total)), nothing: nothingOdds / total };
}
