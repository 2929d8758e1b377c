import type { Service } from "../loop/signal/service.ts";
import type { KeepingRules } from "../loop/keeping/keeping.ts";
import type { Slo } from "../loop/detection/slo.ts";
import type { Signature } from "../loop/diagnosis/signatures/signature.ts";
import type { Runbook } from "../loop/plan/runbook.ts";
import type { Conditions } from "../loop/plan/conditions.ts";
import type { Restraints } from "../loop/decision/restraints.ts";
import type { Ask } from "../loop/decision/ask.ts";
import type { CredentialRef } from "../loop/signal/credential-ref.ts";

/** Where people are told, from a Notifier document. The secret is a reference (`env:NAME` or `file:PATH`), never a value. */
export interface NotifierSpec {
  readonly name: string;
  readonly url: string;
  readonly secretRef?: string;
  readonly events: readonly ("approval-wanted" | "escalation" | "outcome")[];
}

/** A Prometheus that others fill, asked for evidence. The secret is a reference, never a value. */
export interface PrometheusServer {
  readonly url: string;
  /** The environments it knows; none named: all that no other server names. */
  readonly environments: readonly string[];
  readonly auth?: CredentialRef;
  /** A newest sample older than this is missing (B7). Longer than the interval between its scrapes. */
  readonly maxAgeMs: number;
}

/** What of telemetry is kept, for how long, and where it is sent on to. */
export interface TelemetrySettings {
  readonly keeping: KeepingRules;
  readonly retention: Retention;
  /** An OTLP backend everything is sent on to, if any. Headers are references (`env:NAME` or `file:PATH`), never values. */
  readonly forward?: { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> };
}

/** How long telemetry is kept, and at most how much of it, bytes on disk. The oldest goes first. */
export interface Retention {
  readonly thinnedMs: number;
  readonly wholeMs: number;
  readonly bytesMax: number;
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
  /** Each environment has one at most. */
  readonly prometheus: readonly PrometheusServer[];
  readonly telemetry: TelemetrySettings;
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
