/** Where a clue comes from. */
export type ClueKind = "resource" | "requests" | "spans" | "logs" | "changes";

/** Something about one place that is not as it was. */
export interface Clue {
  readonly place: string;
  readonly kind: ClueKind;
  /** What moved: the dimension of a series, `waiting`, a log template. */
  readonly dimension: string;
  /** How surprising it is if nothing is wrong here, in nats: minus the logarithm of its chance, after looking at as many things as were looked at. */
  readonly nats: number;
  /** Of how large a share of the harm done this would be the cause, 0 to 1; absent where harm cannot be counted. */
  readonly share?: number;
  readonly text: string;
  /** When it was first seen off, if that can be told. */
  readonly sinceMs?: number;
}
