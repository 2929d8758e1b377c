import { z } from "zod";
import type { NotifierSpec } from "../../ports/config.ts";
import { documentOf, secretRefField, urlField, type Metadata } from "./fields.ts";

export const notifierDocument = documentOf(
  "Notifier",
  z.strictObject({
    url: urlField,
    secretRef: secretRefField.optional(),
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
