import { z } from "zod";
import type { Json } from "../kernel/json.ts";
import { ownSchemas } from "./collect.ts";
import { sloDocument } from "./schema/openslo.ts";

/**
 * JSON Schemas (draft 2020-12) of the care repo's documents by file name, for editors: made from what checks them.
 * Our hints for error messages are no keywords of JSON Schema and stay out.
 */
export function jsonSchemas(): Readonly<Record<string, string>> {
  const all = Object.entries({ ...ownSchemas, SLO: sloDocument });
  return Object.fromEntries(all.map(([kind, schema]) => [`${kind.toLowerCase()}.schema.json`, publish(kind, schema)]));
}

function publish(kind: string, schema: z.ZodType): string {
  const made: Json = JSON.parse(
    JSON.stringify(
      z.toJSONSchema(schema, {
        io: "input",
        override: ({ jsonSchema }) => {
          delete jsonSchema["expected"];
          delete jsonSchema["fix"];
        },
      }),
    ),
  );
  const titled = { title: `Homeostat care repo: ${kind}`, ...Object.fromEntries(Object.entries(made ?? {})) };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
