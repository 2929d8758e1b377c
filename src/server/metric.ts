/** One value of a metric, by its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What `/metrics` shows of one thing. Names have no prefix; a counter's name ends in `_total`, a unit stands last before it. */
export type Metric =
  | {
      readonly type: "counter" | "gauge";
      readonly name: string;
      readonly help: string;
      readonly samples: readonly Sample[];
    }
  | {
      readonly type: "histogram";
      readonly name: string;
      readonly help: string;
      /** Upper bounds, ascending, without the infinite one; and how many values were at most that. */
      readonly buckets: readonly (readonly [bound: number, cumulative: number])[];
      readonly count: number;
      readonly sum: number;
    };
