/** Metrics that were refused are counted by name up to so many beside those that have streams (I11). */
const refusedMax = 1_000;
const namedMax = 3;

/** How many streams each metric of each service has, and how many it was refused. */
export interface MetricFamilies {
  /** Makes room for one more stream, or counts a refusal. */
  admit(family: string): boolean;
  leave(family: string): void;
  refused(): number;
  /** Those with most points refused, worst first: `checkout/http.requests: 120000 refused`. */
  crowded(): string[];
}

/** Bounds streams in all and for one metric: what has more is told apart by something that is no dimension, such as a user's id. */
export function createMetricFamilies(streamsMax: number, perMetricMax: number): MetricFamilies {
  const families = new Map<string, { streams: number; refused: number }>();
  let [streams, refused] = [0, 0];
  return {
    admit(family) {
      const known = families.get(family) ?? { streams: 0, refused: 0 };
      if (families.size < streamsMax + refusedMax) families.set(family, known);
      if (streams >= streamsMax || known.streams >= perMetricMax) {
        known.refused++;
        refused++;
        return false;
      }
      known.streams++;
      streams++;
      return true;
    },
    leave(family) {
      const known = families.get(family);
      streams--;
      if (known && --known.streams <= 0) families.delete(family);
    },
    refused: () => refused,
    crowded: () =>
      [...families]
        .filter(([, f]) => f.refused > 0)
        .toSorted((a, b) => b[1].refused - a[1].refused)
        .slice(0, namedMax)
        .map(([family, f]) => `${family}: ${f.refused} refused`),
  };
}
