/** What the ranking was shipped with: one set for every system. Scores hardly move when any of these does by a third (`docs/benchmarks.md`). */
export const rankSettings = {
  /** Scales are at least this share of the level: what moves by less is not worth a look, however quiet it was. */
  scaleFloor: 0.1,
  /** The deviation of a series is the mean of this share of its points in the window, the farthest off. */
  topShare: 1 / 3,
  /** Beyond the farthest deviation seen before, the chance of one falls with its size to this power: tails are heavy. */
  tailExponent: 1,
  /** Nats against a place that no request which was seen, or can get hurt, comes by. */
  asideNats: 3,
  /** Nats for a place that changed shortly before, on top of how few places did. */
  changeNats: 2,
  /** Calls slower than this quantile of those before count as late. */
  lateQuantile: 0.95,
  /** Nats at which evidence of one kind begins to saturate: there is always a mistake nobody thought of. */
  saturationNats: 8,
  /** What explains a share s of the harm is likelier the cause than a bystander by s to this power. */
  shareWeight: 3,
};

export type RankSettings = typeof rankSettings;
