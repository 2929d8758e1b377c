import { z } from "zod";
import type { PolicyQuestion } from "../../loop/decision/ask.ts";
import type { JsonObject } from "../../kernel/json.ts";
import { documentOf, jsonField, textField } from "./fields.ts";

const attributes: z.ZodType<JsonObject> = z.record(z.string(), jsonField);
const entity = <const T extends readonly string[]>(types: T) =>
  z.strictObject({ type: z.enum(types), id: z.string().min(1).max(500), attributes: attributes.prefault({}) });

export const policyTestDocument = documentOf(
  "PolicyTest",
  z.strictObject({
    cases: z
      .array(
        z.strictObject({
          name: textField(200),
          question: z.enum(["act", "act-with-approval", "approve", "operate"]),
          principal: entity(["Runbook", "Person", "Machine"]),
          resource: entity(["Service", "Plan", "Control"]),
          context: attributes.prefault({}),
          expect: z.strictObject({
            allowed: z.boolean(),
            policies: z.array(z.string()).optional().describe("Ids of the policies that must have decided"),
          }),
        }),
      )
      .min(1)
      .max(500),
  }),
);

export type PolicyCase = z.infer<typeof policyTestDocument>["spec"]["cases"][number];

export const questionOf = ({ question, principal, resource, context }: PolicyCase): PolicyQuestion => ({
  question,
  principal,
  resource,
  context,
});
