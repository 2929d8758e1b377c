import type { Digest } from "../../kernel/digest.ts";

/** Approval wanted: how many people, of which roles, by when. */
export interface ApprovalWanted {
  readonly quorum: number;
  /** Any of these roles; empty means any approver policy permits. */
  readonly roles: readonly string[];
  readonly expiresInMs: number;
}

/** A reason a decision rests on: a Cedar policy id, or the name of a restraint. */
export interface Reason {
  readonly source: "policy" | "restraint" | "mode" | "stop";
  readonly name: string;
  readonly text: string;
}

/**
 * `allow`: act now. `ask`: act once approved. `observe`: would be allowed or asked, but this target is only observed:
 * nothing is done and what would have been done is shown. `deny`: no. `defer`: a restraint holds for now; try again after `retryAfterMs`.
 * Never without its why: `reasons` is not empty, and sorted (source, name) so the decision is digestible.
 */
export interface Decision {
  readonly effect: "allow" | "ask" | "observe" | "defer" | "deny";
  readonly planDigest: Digest;
  readonly configCommit: string;
  readonly reasons: readonly Reason[];
  /** Errors met while evaluating. Any error makes the effect `deny` (I7). */
  readonly errors: readonly string[];
  readonly approval?: ApprovalWanted;
  readonly retryAfterMs?: number;
  readonly atMs: number;
}

/** A person's answer, bound to one plan digest (E6). */
export interface ApprovalAnswer {
  readonly answer: "approve" | "deny";
  readonly planDigest: Digest;
  readonly by: string;
  readonly roles: readonly string[];
  readonly atMs: number;
  readonly comment?: string;
}

/** What is stopped (E7). `*` everywhere; else one environment, service, runbook or incident. */
export interface StopScope {
  readonly kind: "all" | "environment" | "service" | "runbook" | "incident";
  /** `""` for `all`. */
  readonly value: string;
}

export interface StopEntry {
  readonly scope: StopScope;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

/** `unknown` when the stop state could not be read: then nothing acts (I7, I8). */
export type StopState =
  { readonly known: true; readonly entries: readonly StopEntry[] } | { readonly known: false; readonly why: string };
