/** What a matcher found. */
export interface Sighting {
  /** The word of the evidence; the same word as in the theories written in code means the same observation. */
  readonly kind: string;
  readonly text: string;
  /** Ids of findings, alerts or changes. */
  readonly refs: readonly string[];
  /** Share of its weight that counts, 0 to 1: less for what was there before the first symptom too. */
  readonly share: number;
  /** The one instance it is about, where looking at the target told so; never by a text alone (I9). */
  readonly instance?: string;
}

/** Not seen is said only by who could have seen it; otherwise it is missing, and speaks neither for nor against. */
export type Answer =
  | { readonly is: "seen"; readonly sighting: Sighting }
  | { readonly is: "unseen" }
  | { readonly is: "missing"; readonly what: string };

export const unseen: Answer = { is: "unseen" };
export const missing = (what: string): Answer => ({ is: "missing", what });
export const seen = (
  kind: string,
  text: string,
  more: Partial<Pick<Sighting, "refs" | "share" | "instance">> = {},
): Answer => ({ is: "seen", sighting: { refs: [], share: 1, ...more, kind, text } });
