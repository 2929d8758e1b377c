import { randomBytes } from "node:crypto";
import { commitmentsOf, opensCommitment } from "../loop/audit/commitment.ts";
import { merkleFrontier } from "../loop/audit/merkle.ts";
import type { AuditRecord } from "../loop/audit/record.ts";
import type { Clock } from "../ports/clock.ts";
import type { Redactor } from "../ports/redactor.ts";
import type { Signer } from "../ports/signer.ts";
import type { AuditStore, Store } from "../ports/store.ts";
import type { SignedHead } from "./log-head.ts";
import { damaged, lastHead, readLeafHashes, refuseRewritten, signHead } from "./log-head.ts";
import type { AuditEntry } from "./seal-record.ts";
import { sealRecord } from "./seal-record.ts";

/** A personal datum behind a commitment. `value` is undefined once its salt was erased. */
export interface Disclosure {
  /** JSON pointer into the record. */
  readonly pointer: string;
  readonly commitment: string;
  readonly value: string | undefined;
}

export interface Recorder {
  /** Appends records in this order, redacted, personal fields committed. A key that is already there adds nothing. */
  record(...entries: readonly (Omit<AuditEntry, "atMs"> & { readonly atMs?: number })[]): Promise<void>;
  /** Signs and saves a checkpoint over the log as it is. AdapterError `damaged-log` when the log does not extend the last one. */
  publish(): Promise<SignedHead>;
  /** What the commitments of a record stand for, each checked against its salt. */
  disclose(record: AuditRecord): Promise<Disclosure[]>;
}

export interface RecorderOptions {
  readonly store: Pick<Store, "audit">;
  readonly redactor: Redactor;
  readonly signer: Signer;
  readonly clock: Clock;
  /** 64 hex digits, new on every call. Only simulations need another source than the system's. */
  readonly newSalt?: () => string;
}

/** The one writer of the audit log. Any number of controllers may each have one over the same store. */
export function createRecorder({ store, redactor, signer, clock, newSalt = systemSalt }: RecorderOptions): Recorder {
  const publisher = createPublisher(store.audit, signer);
  return {
    async record(...entries) {
      const sealed = entries.map((entry) =>
        sealRecord({ ...entry, atMs: entry.atMs ?? clock.nowMs() }, redactor, newSalt),
      );
      const salts = sealed.flatMap((s) => s.salts);
      // Salts first: a crash in between leaves salts nobody needs, never a commitment nobody can open.
      if (salts.length > 0) await store.audit.saveSalts(salts);
      if (sealed.length > 0)
        await store.audit.append(sealed.map(({ record, canonical, leafHash }) => ({ record, canonical, leafHash })));
    },
    publish: publisher,
    disclose: (record) => disclose(store.audit, record),
  };
}

const systemSalt = (): string => randomBytes(32).toString("hex");

/** Keeps the tree's frontier and reads only leaves it has not seen. Concurrent calls wait for each other. */
function createPublisher(audit: AuditStore, signer: Signer): () => Promise<SignedHead> {
  let tree = merkleFrontier();
  let published: SignedHead | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const publish = async (): Promise<SignedHead> => {
    // In this order: a log only grows, so a head read before the size can never honestly be larger.
    const last = await lastHead(audit);
    const size = await audit.size();
    if (size < Math.max(tree.size, last?.size ?? 0)) throw damaged(`the audit log shrank to ${size} records`);
    const check = (): void => {
      if (last?.size === tree.size) refuseRewritten(last, tree.root());
    };
    check();
    for await (const hash of readLeafHashes(audit, tree.size, size)) {
      tree.append(hash);
      check();
    }
    if (published?.size !== size) published = await signHead(audit, signer, size, tree.root());
    return published;
  };
  return () => {
    const next = turn.then(publish).catch((error: unknown) => {
      // The tree may hold what should not have been there; once the store is repaired, publishing goes on.
      tree = merkleFrontier();
      published = undefined;
      throw error;
    });
    turn = next.catch(() => undefined);
    return next;
  };
}

async function disclose(audit: AuditStore, record: AuditRecord): Promise<Disclosure[]> {
  const salts = await audit.salts(record.key);
  return commitmentsOf(record).map(({ pointer, commitment }) => {
    const opening = salts.find(({ salt, value }) =>
      opensCommitment(commitment, { recordKey: record.key, pointer, value }, salt),
    );
    return { pointer, commitment, value: opening?.value };
  });
}
