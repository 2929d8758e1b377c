/** A confidence that was stated, and whether it was right, 0 to 1. */
export interface Answer {
  readonly confidence: number;
  readonly right: number;
}

export interface Bin {
  /** Confidences from here to a tenth more. */
  readonly from: number;
  readonly cases: number;
  readonly right: number;
  readonly confidence: number;
}

const binsMany = 10;

/** How many of each tenth of confidence are right: the rows of a reliability diagram, without empty ones. */
export function reliabilityOf(answers: readonly Answer[]): Bin[] {
  const bins = Map.groupBy(answers, (a) => Math.min(binsMany - 1, Math.floor(a.confidence * binsMany)));
  return [...bins]
    .toSorted(([a], [b]) => a - b)
    .map(([bin, all]) => ({
      from: bin / binsMany,
      cases: all.length,
      right: all.reduce((n, a) => n + a.right, 0) / all.length,
      confidence: all.reduce((n, a) => n + a.confidence, 0) / all.length,
    }));
}

/** Expected calibration error: how far confidence and being right are apart on average, each tenth by its cases. */
export const errorOf = (answers: readonly Answer[]): number =>
  reliabilityOf(answers).reduce((n, b) => n + b.cases * Math.abs(b.right - b.confidence), 0) / answers.length;
