import { seededRandom, type Random } from "../../kernel/random.ts";
import { intervalOf, intervals } from "./duration-interval.ts";
import { bucketMs, seriesKey, type RedBucket, type SeriesSubject } from "./red.ts";

/** How a made-up series behaves at a time. */
export interface Behaviour {
  readonly perSecond: number;
  readonly errorShare: number;
  readonly medianMs: number;
  /** Standard deviation of the logarithm of the duration. */
  readonly spread: number;
  /** Share of requests of another kind that take `otherMs`. */
  readonly otherShare: number;
  readonly otherMs: number;
}

export const usualBehaviour: Behaviour = {
  perSecond: 7,
  errorShare: 0.001,
  medianMs: 40,
  spread: 0.5,
  otherShare: 0.05,
  otherMs: 180,
};

export const startMs = 1_700_000_000_000;
export const shopService = (service: string): SeriesSubject => ({ type: "service", service, environment: "shop" });

function poisson(random: Random, mean: number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let [n, p] = [0, random()];
  const limit = Math.exp(-mean);
  while (p > limit) [n, p] = [n + 1, p * random()];
  return n;
}

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Makes buckets of one series, one by one, with Poisson arrivals; the same seed makes the same. */
export function traffic(subject: SeriesSubject, seed: number) {
  const random = seededRandom(seed);
  const series = seriesKey(subject);
  return (bucketStartMs: number, change: Partial<Behaviour> = {}): RedBucket => {
    const b = { ...usualBehaviour, ...change };
    const count = poisson(random, (b.perSecond * bucketMs) / 1000);
    const durations = Array.from({ length: intervals }, () => 0);
    let [errors, durationSumMs] = [0, 0];
    for (let i = 0; i < count; i++) {
      const typical = random() < b.otherShare ? b.otherMs : b.medianMs;
      const ms = typical * Math.exp(b.spread * normal(random));
      durationSumMs += ms;
      const at = intervalOf(ms);
      durations[at] = (durations[at] ?? 0) + 1;
      if (random() < b.errorShare) errors++;
    }
    return { series, startMs: bucketStartMs, count, errors, ownErrors: errors, durationSumMs, durations };
  };
}
