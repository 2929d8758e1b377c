import { z } from "zod";
import type { NotifierSpec } from "../../ports/config.ts";
import { documentOf, hint, urlField, type Metadata } from "./fields.ts";

export const notifierDocument = documentOf(
  "Notifier",
  z.strictObject({
    url: urlField,
    secretRef: z
      .string()
      .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/)
      .optional()
      .meta({
        description: "Where the signing secret is, never the secret itself",
        ...hint("`env:NAME` or `file:PATH`", "put the secret into the environment or a file and name it here"),
      }),
    events: z
      .array(z.enum(["approval-wanted", "escalation", "outcome"]))
      .min(1)
      .default(["approval-wanted", "escalation", "outcome"]),
  }),
);

export function toNotifier(metadata: Metadata, spec: z.infer<typeof notifierDocument>["spec"]): NotifierSpec {
  const { secretRef, ...rest } = spec;
  return { name: metadata.name, ...rest, ...(secretRef === undefined ? {} : { secretRef }) };
}
