import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { collect } from "../src/care/collect.ts";
import { readTree } from "../src/care/read-tree.ts";
import { toSignature } from "../src/care/schema/signature.ts";
import { parseSource } from "../src/care/source-document.ts";
import type { Signature } from "../src/loop/diagnosis/signatures/signature.ts";

/** The signatures that are shipped: what is remembered of telemetry depends on what they ask about. */
export async function shippedSignatures(): Promise<Signature[]> {
  const { sources } = await readTree(join(fileURLToPath(new URL("../care", import.meta.url)), "signatures"));
  const { signatures } = collect(sources.flatMap((s) => parseSource(s.file, s.text).documents));
  return signatures.map(({ document: d }) => toSignature(d.metadata, d.spec));
}
