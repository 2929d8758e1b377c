/**
 * One span of an incident's trace (M6). Ids are hex: 32 digits for the trace, 16 for the span. The same thing told twice
 * has the same `spanId`, so a heal that was replayed after a crash tells no second, different span.
 */
export interface StorySpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Unset for the root alone. */
  readonly parentId?: string;
  readonly name: string;
  /** Milliseconds since the epoch; never after `endMs`. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Why what the span is about did not go well. */
  readonly error?: string;
}

/** Sends Homeostat's own traces to whoever watches Homeostat. Losing them changes nothing that Homeostat does. */
export interface Tracer {
  /** Takes spans to send later. Never waits and never rejects; what is beyond the queue is dropped and counted (I11). */
  emit(spans: readonly StorySpan[]): void;
  counters(): { readonly sent: number; readonly failed: number };
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>;
}
