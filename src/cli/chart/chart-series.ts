/** One series as it is drawn: what was seen, and what would have been usual, where that is known. */
export interface ChartSeries {
  readonly title: string;
  readonly points: readonly ChartPoint[];
  /** The most telling first: of very many the rest is left out. */
  readonly marks: readonly ChartMark[];
  /** Of the numbers, when it is known. */
  readonly unit?: string;
}

export interface ChartPoint {
  readonly atMs: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** A finding, or a time in question: from when to when it stood, what it says, and in a word or two what it is. */
export interface ChartMark {
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
  readonly label: string;
  /** A stretch of time that is looked at, rather than something found. */
  readonly isWindow?: boolean;
}
