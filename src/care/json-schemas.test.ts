import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { format } from "prettier";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { jsonSchemas } from "./json-schemas.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** As the house formats every file. */
const formatted = (text: string) => format(text, { parser: "json", printWidth: 120 });

it("publishes the schemas that check (run with UPDATE_SCHEMAS=1 to write them)", async () => {
  const folder = at("docs/schemas");
  const written = Object.entries(jsonSchemas()).map(async ([file, text]) => [file, await formatted(text)] as const);
  const schemas = Object.fromEntries(await Promise.all(written));
  if (process.env["UPDATE_SCHEMAS"] === "1")
    for (const [file, text] of Object.entries(schemas)) await writeFile(join(folder, file), text);
  expect((await readdir(folder)).toSorted()).toEqual(Object.keys(schemas).toSorted());
  for (const [file, text] of Object.entries(schemas)) expect(await readFile(join(folder, file), "utf8")).toBe(text);
});

it("accepts what is shipped and the example by the published schemas alone", async () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const schemas = jsonSchemas();
  let seen = 0;
  for (const folder of ["care/runbooks", "care/signatures", "care/signature-tests", "care/services-example"])
    for (const file of await readdir(at(folder)))
      for (const document of parseAllDocuments(await readFile(join(at(folder), file), "utf8"))) {
        const value: { kind: string } = document.toJS();
        const validate = ajv.compile(JSON.parse(schemas[`${value.kind.toLowerCase()}.schema.json`] ?? "{}"));
        expect(validate(value) ? [] : validate.errors).toEqual([]);
        seen++;
      }
  expect(seen).toBeGreaterThanOrEqual(100);
});
