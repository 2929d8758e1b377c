// Tests of signatures, as a care repo writes them (D2): recorded cases a signature must recognise, and others it must not.
import { z } from "zod";
import { observationsOf, observedSchema } from "./observed-case.ts";
import { matchSignatures } from "./match-signatures.ts";
import type { Signature } from "./signature.ts";

const caseSchema = z.strictObject({
  name: z.string().min(1).max(200),
  source: z.string().min(1).max(300).describe("Where it comes from: `recorded: …`, `documented: …` or `made up: …`"),
  observed: observedSchema,
});

export const signatureTestSchema = z.strictObject({
  signature: z.string().min(1).max(63).describe("Name of the signature that is tested"),
  matches: z.array(caseSchema).min(1).max(50),
  doesNotMatch: z.array(caseSchema).min(1).max(50),
});

export type SignatureTest = z.infer<typeof signatureTestSchema>;

/** A case that went otherwise than its owner wrote down, by where it stands. */
export interface FailedCase {
  readonly list: "matches" | "doesNotMatch";
  readonly index: number;
  readonly name: string;
}

/** Cases the signature gets wrong, looked at by itself. */
export function runSignatureTest(test: SignatureTest, signature: Signature): FailedCase[] {
  const alone = [signature];
  return (["matches", "doesNotMatch"] as const).flatMap((list) =>
    test[list].flatMap(({ name, observed }, index) => {
      const matched = matchSignatures(alone, observationsOf(observed)).length > 0;
      return matched === (list === "matches") ? [] : [{ list, index, name }];
    }),
  );
}
