import { describe, expect, it } from "vitest";
import { formatNote, formatVerifierKey, openNote, parseVerifierKey } from "../loop/audit/note.ts";
import type { Signer } from "./signer.ts";

const noteBy = async (signer: Signer, text: string) => formatNote(text, signer, await signer.sign(Buffer.from(text)));
const keyOf = (signer: Signer) => {
  const key = parseVerifierKey(formatVerifierKey(signer.name, signer.publicKey));
  if (!key.ok) throw new Error(key.error);
  return key.value;
};

/** What every signer must do. `open` gives a signer; two calls of one `place` give the same key, another place another. */
export function signerSuite(name: string, open: (place: string) => Promise<Signer>): void {
  describe(`signer ${name}`, () => {
    it("gives a raw public key that verifies what it signs, and nothing else", async () => {
      const signer = await open("a");
      expect(signer.publicKey).toHaveLength(32);
      const note = await noteBy(signer, "size 3\n");
      expect(openNote(note, keyOf(signer)).ok).toBe(true);
      expect(openNote(note.replace("3", "4"), keyOf(signer)).ok).toBe(false);
    });

    it("keeps its key over restarts", async () => {
      const [first, again] = [await open("b"), await open("b")];
      expect(openNote(await noteBy(first, "x\n"), keyOf(again)).ok).toBe(true);
    });

    it("never has two keys, however many start at once", async () => {
      const signers = await Promise.all(Array.from({ length: 8 }, () => open("c")));
      expect(new Set(signers.map((s) => Buffer.from(s.publicKey).toString("hex"))).size).toBe(1);
    });

    it("has another key elsewhere", async () => {
      const [here, there] = [await open("d"), await open("e")];
      expect(openNote(await noteBy(here, "x\n"), keyOf(there)).ok).toBe(false);
    });
  });
}
