import type { Digest } from "../kernel/digest.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { ControlSignal } from "../loop/signal/signal.ts";
import type { Incident } from "../loop/incident/incident.ts";
import type { Diagnosis } from "../loop/diagnosis/diagnosis.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { ApprovalAnswer, ApprovalWanted, Decision, StopEntry, StopScope } from "../loop/decision/decision.ts";
import type { Run, RunState, StepIntent, StepOutcome } from "../loop/run/run.ts";
import type { RunFact } from "../loop/decision/run-fact.ts";
import type { Verification } from "../loop/verification/verdict.ts";
import type { AuditRecord } from "../loop/audit/record.ts";
import type { RedBucket } from "../loop/detection/red.ts";

/** A lease: who may write to what until when. Tokens only grow; a writer with a smaller token is refused (I4). */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly token: number;
  readonly expiresAtMs: number;
}

/**
 * The store: one Postgres, behind narrow parts. Each part below is one table or two. Every method is one transaction.
 * AdapterError `unavailable` (retryable) when the database cannot be reached. Times of leases are the database's clock.
 */
export interface Store {
  readonly incidents: IncidentStore;
  readonly runs: RunStore;
  readonly approvals: ApprovalStore;
  readonly stops: StopStore;
  readonly leases: LeaseStore;
  readonly knownGood: KnownGoodStore;
  readonly inbox: InboxStore;
  readonly audit: AuditStore;
  readonly windows: WindowStore;
  readonly tokens: TokenStore;
  readonly learned: LearnedStore;
  close(): Promise<void>;
}

export interface IncidentStore {
  /** Writes the whole incident if nobody changed it since it was read (optimistic: `version` is compared). False when stale. */
  save(incident: Incident, expectedVersion: number): Promise<boolean>;
  get(id: string): Promise<{ incident: Incident; version: number } | undefined>;
  /** Newest first. */
  list(filter: { live?: boolean; environment?: string; limit: number; beforeMs?: number }): Promise<Incident[]>;
}

export interface RunStore {
  saveDiagnosis(diagnosis: Diagnosis): Promise<void>;
  latestDiagnosis(incidentId: string): Promise<Diagnosis | undefined>;
  savePlan(digest: Digest, plan: Plan): Promise<void>;
  plan(digest: Digest): Promise<Plan | undefined>;
  saveDecision(incidentId: string, decision: Decision): Promise<void>;
  decisions(incidentId: string): Promise<Decision[]>;
  startRun(run: Run): Promise<void>;
  /** Records intent; refuses (false) when another intent of this key is there with other content. */
  intend(runId: string, intent: StepIntent): Promise<boolean>;
  complete(runId: string, outcome: StepOutcome): Promise<void>;
  setState(runId: string, state: RunState, atMs: number): Promise<void>;
  saveVerification(runId: string, verification: Verification): Promise<void>;
  run(id: string): Promise<(Run & { verification?: Verification }) | undefined>;
  runsOf(incidentId: string): Promise<(Run & { verification?: Verification })[]>;
  /** What restraints count: runs started since `sinceMs`, with runbook, service, environment, state, times. */
  history(sinceMs: number): Promise<RunFact[]>;
}

export interface ApprovalRequest {
  readonly planDigest: Digest;
  readonly incidentId: string;
  readonly runId: string;
  readonly wanted: ApprovalWanted;
  readonly requestedAtMs: number;
  readonly expiresAtMs: number;
  readonly state: "open" | "approved" | "denied" | "expired" | "consumed";
  readonly answers: readonly ApprovalAnswer[];
}

export interface ApprovalStore {
  request(request: ApprovalRequest): Promise<void>;
  /** Adds an answer; one per person. Returns the request as it then is, or undefined when there is none open for this digest. */
  answer(answer: ApprovalAnswer): Promise<ApprovalRequest | undefined>;
  get(planDigest: Digest): Promise<ApprovalRequest | undefined>;
  open(): Promise<ApprovalRequest[]>;
  setState(planDigest: Digest, runId: string, state: ApprovalRequest["state"]): Promise<void>;
  /** Single use: true exactly once per approved request, and for the same run again (replay). */
  consume(planDigest: Digest, runId: string, nowMs: number): Promise<boolean>;
}

export interface StopStore {
  set(entry: StopEntry): Promise<void>;
  lift(scope: StopScope): Promise<boolean>;
  list(): Promise<StopEntry[]>;
}

export interface LeaseStore {
  /** Takes a free, expired or own lease. A new holder gets a larger token. Undefined when another holds it. */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | undefined>;
  /** Extends only the same holder and token. False when lost. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>;
  release(lease: Lease): Promise<void>;
  /** True while this holder and token are current and unexpired by the database's clock. */
  holds(lease: Lease): Promise<boolean>;
  current(name: string): Promise<Lease | undefined>;
  /** Leases whose name starts with `prefix` and which expired. */
  expired(prefix: string): Promise<Lease[]>;
}

/** Known-good state per target (H4): `release`, `config/<file>`, `flags`. */
export interface KnownGoodStore {
  record(
    service: string,
    environment: string,
    aspect: string,
    value: Json,
    sinceMs: number,
    atMs: number,
  ): Promise<void>;
  /** Most recent first; `value` as recorded. */
  list(
    service: string,
    environment: string,
    aspect: string,
    limit: number,
  ): Promise<{ value: Json; sinceMs: number; atMs: number }[]>;
  /** The most recent of each aspect of these services, in one go. */
  latest(services: readonly string[], environment: string): Promise<{ service: string; aspect: string; value: Json }[]>;
}

/** Alerts and changes, durable before they are answered 2xx (A10). */
export interface InboxStore {
  /** The same id again is ignored; returns how many were new. */
  put(
    items: readonly { readonly id: string; readonly signal: ControlSignal; readonly receivedAtMs: number }[],
  ): Promise<number>;
  /** The oldest unprocessed items, claimed for `holder` for 30 s. */
  claim(holder: string, limit: number): Promise<{ id: string; signal: ControlSignal; receivedAtMs: number }[]>;
  done(ids: readonly string[]): Promise<void>;
  pending(): Promise<number>;
  /** Changes of one environment since a time, processed or not. */
  changes(environment: string, sinceMs: number): Promise<(ControlSignal & { kind: "change" })[]>;
}

export interface StoredLeaf {
  readonly index: number;
  readonly record: AuditRecord;
  /** The exact canonical bytes (RFC 8785) that were hashed, as text. */
  readonly canonical: string;
}

/** The append-only log of the audit. Sequencing is the store's; hashing and signing are the loop's. */
export interface AuditStore {
  /** Appends records in order under one lock; a known key adds nothing. Returns the log size after. */
  append(
    records: readonly { readonly record: AuditRecord; readonly canonical: string; readonly leafHash: string }[],
  ): Promise<number>;
  size(): Promise<number>;
  /** Leaves [from, to) in order. */
  range(from: number, to: number): Promise<StoredLeaf[]>;
  /** Leaf hashes (hex) [from, to) in order. */
  leafHashes(from: number, to: number): Promise<string[]>;
  saveCheckpoint(size: number, note: string): Promise<void>;
  latestCheckpoint(): Promise<{ size: number; note: string } | undefined>;
  /** Salts of personal-field commitments, kept beside the log so that one can be erased. */
  saveSalts(
    salts: readonly {
      readonly recordKey: string;
      readonly field: string;
      readonly salt: string;
      readonly value: string;
    }[],
  ): Promise<void>;
  /** Salts still kept for a record; none once erased. */
  salts(recordKey: string): Promise<{ readonly field: string; readonly salt: string; readonly value: string }[]>;
}

/** RED buckets of services near live incidents, shared between controllers and kept whole (A9). */
export interface WindowStore {
  /** Upserts this controller's partial buckets: the same (series, start, controller) is replaced. */
  put(controller: string, buckets: readonly RedBucket[]): Promise<void>;
  /** Buckets merged over controllers. */
  read(series: readonly string[], fromMs: number, toMs: number): Promise<RedBucket[]>;
  prune(beforeMs: number): Promise<number>;
}

/** What detection learned of one stream, as text in a format that only whoever wrote it reads. */
export interface LearnedRow {
  /** What kind of stream, such as `metric`. */
  readonly kind: string;
  /** Which one of its kind; at most 600 characters. */
  readonly stream: string;
  readonly format: number;
  readonly learnedAtMs: number;
  readonly state: string;
}

/** A page of rows, in order of their stream. */
export interface LearnedPage {
  readonly rows: readonly LearnedRow[];
  /** Rows that are there but damaged. */
  readonly damaged: number;
  /** Where the next page goes on; undefined after the last. */
  readonly next: string | undefined;
}

/** Learned state of detection, shared by all controllers: of each stream there is one row, the one that was written last. */
export interface LearnedStore {
  put(rows: readonly LearnedRow[]): Promise<void>;
  /** Up to `limit` rows of a kind, learned since a time, after the stream `after`. A damaged row is counted, and stops nothing. */
  read(kind: string, sinceMs: number, after: string, limit: number): Promise<LearnedPage>;
  /** Removes what was learned before a time, and the oldest of what is beyond `rowsMax`. Gives how many rows went. */
  prune(beforeMs: number, rowsMax: number): Promise<number>;
}

export interface TokenStore {
  /** Only the SHA-256 of a token is stored. */
  put(token: {
    readonly sha256: string;
    readonly name: string;
    readonly scopes: readonly string[];
    readonly roles: readonly string[];
    readonly expiresAtMs?: number;
    readonly singleUse: boolean;
  }): Promise<void>;
  /** A valid token by its hash. */
  find(sha256: string, nowMs: number): Promise<{ name: string; scopes: string[]; roles: string[] } | undefined>;
  /** Single-use tokens: the first call per token wins. */
  redeem(sha256: string, nowMs: number): Promise<{ name: string; scopes: string[]; roles: string[] } | undefined>;
  count(): Promise<number>;
  setting(key: string): Promise<JsonObject | undefined>;
  /** Writes only when the key is not there yet; returns what is there afterwards. */
  settingOnce(key: string, value: JsonObject): Promise<JsonObject>;
}
