import type { RunFact } from "../decision/run-fact.ts";
import type { RunState } from "./run.ts";

/** A run's state in the words restraints count in. */
export function runOutcome(state: RunState): RunFact["outcome"] {
  if (state === "acting" || state === "held" || state === "verifying" || state === "rolling-back") return "running";
  if (state === "succeeded") return "succeeded";
  return state === "stood-down" ? "stood-down" : "failed";
}
