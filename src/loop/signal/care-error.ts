/** One thing wrong in a care repo, where, and what to do. Line and column count from 1. */
export interface CareError {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  /** `spec.steps[1].undo`; empty for a whole document. */
  readonly path: string;
  /** What is wrong: lower case, no full stop, the user's input in backticks. */
  readonly message: string;
  readonly expected: string;
  readonly fix: string;
}
