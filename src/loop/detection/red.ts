import type { Edge } from "./finding.ts";

/** Length of a RED bucket. Every rate, error share and duration in the loop is counted in these. */
export const bucketMs = 5_000;

/** Upper bounds in ms of the duration histogram every bucket carries: powers of 2^(1/2) from 0.5 ms to 65 s, then +Inf. */
export const durationBoundsMs: readonly number[] = Array.from({ length: 35 }, (_, i) => 0.5 * 2 ** (i / 2));

/**
 * Rate, errors and duration over one bucket of one series (B6). Partial buckets of the same series and start add up
 * member by member. A series is a service, an instance or version of it, or an edge.
 */
export interface RedBucket {
  /** `seriesKey` of its subject. */
  readonly series: string;
  readonly startMs: number;
  readonly count: number;
  readonly errors: number;
  /** Errors not explained by a failed call to another service: they originate here. */
  readonly ownErrors: number;
  readonly durationSumMs: number;
  /** Counts per `durationBoundsMs` interval; one longer than the bounds. */
  readonly durations: readonly number[];
}

export type SeriesSubject =
  | { readonly type: "service"; readonly service: string; readonly environment: string }
  | { readonly type: "instance"; readonly service: string; readonly environment: string; readonly instance: string }
  | { readonly type: "version"; readonly service: string; readonly environment: string; readonly version: string }
  | { readonly type: "edge"; readonly edge: Edge; readonly environment: string };

/** A text key for a series; parts are JSON-escaped so that no name can imitate another series. */
export function seriesKey(subject: SeriesSubject): string {
  switch (subject.type) {
    case "service":
      return JSON.stringify(["service", subject.environment, subject.service]);
    case "instance":
      return JSON.stringify(["instance", subject.environment, subject.service, subject.instance]);
    case "version":
      return JSON.stringify(["version", subject.environment, subject.service, subject.version]);
    case "edge":
      return JSON.stringify(["edge", subject.environment, subject.edge.from, subject.edge.to]);
  }
}
