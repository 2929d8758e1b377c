/** One thing that is wrong. `index` is the record's place in the log, from 0; `line` the line of the file, from 1. */
export interface AuditProblem {
  readonly kind: "altered" | "removed" | "inserted" | "reordered" | "form" | "checkpoint" | "history";
  readonly index?: number;
  readonly line?: number;
  /** For a person. */
  readonly text: string;
}
