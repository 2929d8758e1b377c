import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { canonicalJson } from "../../src/kernel/canonical-json.ts";
import { checkpointText } from "../../src/loop/audit/checkpoint.ts";
import { checkpointLine, headerLine, leafLineOf } from "../../src/loop/audit/export.ts";
import { hashLeaf, merkleTree, rootOf } from "../../src/loop/audit/merkle.ts";
import { formatNote, formatVerifierKey } from "../../src/loop/audit/note.ts";
import type { Signer } from "../../src/ports/signer.ts";

/** The secret key of RFC 8032 section 7.1, test 1: known to everybody, so that the example of the format is reproducible. */
const secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const privateKey = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${secret}`, "hex"),
  format: "der",
  type: "pkcs8",
});
const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });

export const sampleSigner: Signer = {
  name: "example.com/homeostat",
  publicKey: new Uint8Array(Buffer.from(x, "base64url")),
  sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))),
};

export const sampleKey = formatVerifierKey(sampleSigner.name, sampleSigner.publicKey);

/** Records as the log holds them, the text with letters of several bytes. */
export const sampleRecords = (count: number): string[] =>
  Array.from({ length: count }, (_, i) =>
    canonicalJson({
      v: 1,
      key: `inc-1/${i}`,
      type: "finding.raised",
      atMs: 1_700_000_000_000 + i,
      actor: { kind: "homeostat", name: "homeostat" },
      subject: "inc-1",
      configCommit: "0".repeat(40),
      body: { text: `errors höher – ${i}`, share: 0.25 },
    }),
  );

export function sampleCheckpoint(records: readonly string[], signer = sampleSigner): string {
  const tree = merkleTree(records.map((record) => hashLeaf(Buffer.from(record))));
  const text = checkpointText({ origin: signer.name, size: records.length, root: rootOf(tree) });
  return formatNote(text, signer, sign(null, Buffer.from(text), privateKey));
}

/** Lines of a whole export, each with its newline. */
export function sampleExport(records: readonly string[]): string[] {
  const tree = merkleTree(records.map((record) => hashLeaf(Buffer.from(record))));
  const leaves = records.map((record, i) => leafLineOf(tree, i, record));
  return [headerLine(sampleSigner.name, records.length), ...leaves, checkpointLine(sampleCheckpoint(records))];
}
