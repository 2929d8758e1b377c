import type { Checkpoint } from "../loop/audit/checkpoint.ts";
import { checkpointText, parseCheckpoint } from "../loop/audit/checkpoint.ts";
import { hex } from "../loop/audit/export.ts";
import type { Hash } from "../loop/audit/merkle.ts";
import { sameHash } from "../loop/audit/merkle.ts";
import { formatNote, parseNote } from "../loop/audit/note.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import type { Signer } from "../ports/signer.ts";
import type { AuditStore } from "../ports/store.ts";

/** The parts of the store that the log's head needs. */
export type HashStore = Pick<AuditStore, "size" | "leafHashes" | "latestCheckpoint" | "saveCheckpoint">;

export interface SignedHead {
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** The signed checkpoint, a C2SP note. */
  readonly note: string;
}

/** Signs a head and saves it. The caller checked that it extends what was signed before. */
export async function signHead(store: HashStore, signer: Signer, size: number, root: Hash): Promise<SignedHead> {
  const text = checkpointText({ origin: signer.name, size, root });
  const note = formatNote(text, signer, await signer.sign(Buffer.from(text)));
  await store.saveCheckpoint(size, note);
  return { size, root: hex(root), note };
}

/** The head signed last, by whichever controller. AdapterError `damaged-log` when it cannot be read. */
export async function lastHead(store: HashStore): Promise<Checkpoint | undefined> {
  const latest = await store.latestCheckpoint();
  if (!latest) return undefined;
  const note = parseNote(latest.note);
  const head = note.ok ? parseCheckpoint(note.value.text) : note;
  if (head.ok && head.value.size === latest.size) return head.value;
  throw damaged(`the checkpoint of size ${latest.size} in the store cannot be read`);
}

/** A log must never sign a head that does not extend an earlier one: whoever rewrote the log shall not get a signature. */
export function refuseRewritten(last: Checkpoint, root: Hash): void {
  if (sameHash(last.root, root)) return;
  throw damaged(`the first ${last.size} audit records are not those that were signed, someone rewrote the store`);
}

const pageSize = 4_096;

/** Leaf hashes [from, to), page by page. AdapterError `damaged-log` when some are missing or malformed. */
export async function* readLeafHashes(store: HashStore, from: number, to: number): AsyncGenerator<Hash> {
  for (let at = from; at < to; at += pageSize) {
    const end = Math.min(at + pageSize, to);
    const page = await store.leafHashes(at, end);
    if (page.length !== end - at) throw damaged(`the store holds ${page.length} of the leaf hashes ${at} to ${end}`);
    for (const text of page) yield parseHash(text);
  }
}

function parseHash(text: string): Hash {
  if (!/^[0-9a-f]{64}$/.test(text)) throw damaged(`\`${text}\` in the store is no leaf hash`);
  return Buffer.from(text, "hex");
}

export const damaged = (what: string): AdapterError =>
  new AdapterError("damaged-log", `${what}, keep the database as evidence and verify the last export`);
