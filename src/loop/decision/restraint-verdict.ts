/** What one restraint says of one plan now. `note` changes nothing and is shown; a restraint that does not hold says nothing. */
export interface RestraintVerdict {
  readonly effect: "deny" | "defer" | "ask" | "note";
  readonly name: string;
  /** Names the numbers it rests on. */
  readonly text: string;
  /** For `defer`: how long until it may no longer hold. */
  readonly retryAfterMs?: number;
}
