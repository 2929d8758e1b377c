/** What the ranking was shipped with: one set for every system. Scores hardly move when any of these does by a third (`docs/benchmarks.md`). */
export const rankSettings = {
  /** Scales are at least this share of the level: what moves by less is not worth a look, however quiet it was. */
  scaleFloor: 0.1,
  /** The deviation of a series is the mean of this share of its points in the window, the farthest off. */
  topShare: 1 / 3,
  /** Calls slower than this quantile of those before count as late. */
  lateQuantile: 0.95,
  /** Nats at which evidence of one kind begins to saturate: there is always a mistake nobody thought of. */
  saturationNats: 8,
};

export type RankSettings = typeof rankSettings;
