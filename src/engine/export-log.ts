import { checkpointLine, headerLine, leafLineOf } from "../loop/audit/export.ts";
import type { Hash } from "../loop/audit/merkle.ts";
import { merkleTree, rootOf, rootOfPrefix } from "../loop/audit/merkle.ts";
import type { Signer } from "../ports/signer.ts";
import type { Store } from "../ports/store.ts";
import { damaged, lastHead, readLeafHashes, refuseRewritten, signHead } from "./log-head.ts";

const pageSize = 256;

/**
 * The whole log as docs/audit-format.md writes it, line by line, each with its newline. Ends in a fresh checkpoint over
 * exactly these leaves. AdapterError `damaged-log` when the log does not extend the last signed checkpoint; a record that
 * no longer fits its leaf hash is exported as it is, for the verifier to name. Keeps about 200 bytes a record in memory.
 */
export async function* exportLines(store: Pick<Store, "audit">, signer: Signer): AsyncGenerator<string> {
  const last = await lastHead(store.audit);
  const size = await store.audit.size();
  if (last && last.size > size) throw damaged(`the audit log shrank from ${last.size} to ${size} records`);
  const hashes: Hash[] = [];
  for await (const hash of readLeafHashes(store.audit, 0, size)) hashes.push(hash);
  if (last) refuseRewritten(last, rootOfPrefix(hashes, last.size));
  const tree = merkleTree(hashes);
  const head = await signHead(store.audit, signer, size, rootOf(tree));
  yield headerLine(signer.name, size);
  for (let from = 0; from < size; from += pageSize)
    for (const { index, canonical } of await store.audit.range(from, Math.min(from + pageSize, size)))
      yield leafLineOf(tree, index, canonical);
  yield checkpointLine(head.note);
}
