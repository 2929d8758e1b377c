import type { Service } from "../loop/signal/service.ts";
import type { Slo } from "../loop/detection/slo.ts";
import type { Signature } from "../loop/diagnosis/signatures/signature.ts";
import type { Runbook } from "../loop/plan/runbook.ts";
import type { Conditions } from "../loop/plan/conditions.ts";
import type { Restraints } from "../loop/decision/restraints.ts";
import type { Ask } from "../loop/decision/ask.ts";

/** Where people are told, from a Notifier document. The secret is a reference (`env:NAME` or `file:PATH`), never a value. */
export interface NotifierSpec {
  readonly name: string;
  readonly url: string;
  readonly secretRef?: string;
  readonly events: readonly ("approval-wanted" | "escalation" | "outcome")[];
}

export interface Settings {
  readonly restraints: Restraints;
  /** The dead-man heartbeat: a URL called every `intervalMs` while Homeostat is well. */
  readonly heartbeat?: { readonly url: string; readonly intervalMs: number };
  /** Findings must persist this long and agree across signals before an incident. */
  readonly incidents: { readonly confirmMs: number; readonly quietMs: number };
  /** Binaries the command actuator may run, by absolute path. */
  readonly commands: readonly string[];
  /** Approvals expire after this long unless a policy says less. */
  readonly approvalExpiresInMs: number;
  /** A state of a target that was well for this long is known to be good (H4). */
  readonly knownGoodAfterMs: number;
  /** Hypotheses tried per incident before a person is asked to take over. */
  readonly attemptsMax: number;
}

/** The care repo, parsed, validated and active: one immutable value per commit. */
export interface ActiveConfig {
  /** Git commit, or `tree:<sha256>` of the content outside Git. */
  readonly commit: string;
  readonly services: readonly Service[];
  readonly slos: readonly Slo[];
  readonly runbooks: readonly Runbook[];
  readonly signatures: readonly Signature[];
  readonly notifiers: readonly NotifierSpec[];
  readonly settings: Settings;
  readonly ask: Ask;
  readonly conditions: Conditions;
}
