import { z } from "zod";
import type { Json, JsonObject } from "../../../kernel/json.ts";
import type { ActionSpec } from "../../../ports/actuator.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";

/** An action with the one schema its documentation and its checking come from. */
export interface Action<T> {
  readonly spec: ActionSpec;
  /** Throws AdapterError `invalid-parameters` for unknown, missing and malformed ones. */
  read(parameters: Readonly<Record<string, Json>>): T;
}

export function action<T>(
  name: string,
  idempotency: ActionSpec["idempotency"],
  description: string,
  schema: z.ZodType<T>,
): Action<T> {
  return {
    spec: { name, description, parameters: schemaOf(schema), idempotency },
    read(parameters) {
      const read = schema.safeParse(parameters);
      if (read.success) return read.data;
      const why = read.error.issues.map((i) => `${i.path.map(String).join(".") || "parameters"}: ${i.message}`);
      throw new AdapterError("invalid-parameters", `${name} cannot take these parameters: ${why.join("; ")}`);
    },
  };
}

function schemaOf(schema: z.ZodType): JsonObject {
  const text: JsonObject = JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: "input" })));
  return text;
}
