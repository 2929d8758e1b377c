import { runSignatureTest } from "../loop/diagnosis/signatures/signature-test.ts";
import type { Signature } from "../loop/diagnosis/signatures/signature.ts";
import type { CareError } from "../loop/signal/care-error.ts";
import type { Collected } from "./collect.ts";
import { nearest } from "./nearest.ts";

/** Runs the care repo's tests of signatures: one that recognises otherwise than its owner wrote down does not become active. */
export function checkSignatures(tests: Collected["signatureTests"], signatures: readonly Signature[]): CareError[] {
  return tests.flatMap(({ source, document: { spec } }) => {
    const signature = signatures.find((s) => s.name === spec.signature);
    if (!signature) {
      const names = signatures.map((s) => s.name);
      const meant = nearest(spec.signature, names);
      return [
        source.error(["spec", "signature"], {
          message: `unknown signature \`${spec.signature}\``,
          expected: "the name of a Signature of this care repo or a shipped one",
          fix: meant ? `did you mean \`${meant}\`` : "declare the signature",
        }),
      ];
    }
    return runSignatureTest(spec, signature).map(({ list, index, name }) =>
      source.error(["spec", list, index], {
        message: `\`${spec.signature}\` ${list === "matches" ? "does not match" : "matches"} the case \`${name}\``,
        expected: list === "matches" ? "a match" : "no match",
        fix: "correct the signature, or the case if the signature is right",
      }),
    );
  });
}
