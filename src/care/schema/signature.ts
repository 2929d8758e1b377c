import { z } from "zod";
import { cluesMax, type Signature } from "../../loop/diagnosis/signatures/signature.ts";
import { clueField } from "./clue.ts";
import { documentOf, hint, semverField, textField, type Metadata } from "./fields.ts";
import { toClue } from "./to-clue.ts";

export const signatureDocument = documentOf(
  "Signature",
  z.strictObject({
    version: semverField,
    owner: textField(100),
    cause: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/)
      .meta({
        description: "The cause it names, in the word runbooks match on",
        ...hint("a word like `disk-full`", "use lower-case letters, digits and dashes"),
      }),
    title: textField(200).describe("What went wrong, in one line"),
    advice: textField(2_000).describe("What people do about it"),
    for: z.array(clueField).min(1).max(cluesMax).describe("What speaks for it"),
    against: z.array(clueField).max(cluesMax).default([]).describe("What speaks against it"),
  }),
);

type Spec = z.infer<typeof signatureDocument>["spec"];

export const toSignature = (metadata: Metadata, spec: Spec): Signature => ({
  ...spec,
  name: metadata.name,
  for: spec.for.map(toClue),
  against: spec.against.map(toClue),
});
