/** Three answers (H2). Inconclusive never passes. */
export type Verdict = "pass" | "fail" | "inconclusive";

export interface GateResult {
  readonly gate: string;
  readonly verdict: Verdict;
  /** What was expected and what was observed, for a person. */
  readonly text: string;
  readonly atMs: number;
}

export interface Verification {
  readonly verdict: Verdict;
  readonly gates: readonly GateResult[];
  readonly atMs: number;
}

/** All pass: pass. Any fail: fail. Otherwise, and for no gates at all, inconclusive (I6). */
export function joinVerdicts(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("fail")) return "fail";
  return verdicts.length > 0 && verdicts.every((v) => v === "pass") ? "pass" : "inconclusive";
}
