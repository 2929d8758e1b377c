import type { Written } from "./written.ts";

/** What is known of one stream, as it was at a moment. */
export interface LearnedState {
  /** Which stream of its kind. */
  readonly stream: string;
  readonly state: Written;
}

/** How the restoring of one stream went: done, or why the stream starts anew. */
export type Restoring = "restored" | "damaged" | "too old" | "no room";

/**
 * What detectors of one kind know of their streams, to be written down while they work and read back before they begin. What was read back
 * goes on as if there had been no other life in between but a gap in the telemetry; what the gap itself would make look odd is not told.
 */
export interface LearnedPart {
  readonly kind: string;
  /** Another number whenever what is written means something else; what has another is not read. */
  readonly format: number;
  /** What was learned longer ago is of no use. */
  readonly usefulMs: number;
  /** Streams known now. */
  size(): number;
  /** What took something in since a time, each written down when its turn comes. Streams may come and go meanwhile. */
  written(sinceMs: number): Iterable<LearnedState>;
  /** Takes in what was once written. Whatever it is given, it throws nothing. */
  restore(state: unknown, nowMs: number): Restoring;
}
