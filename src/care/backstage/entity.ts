import { z } from "zod";
import { oneLine } from "../../kernel/one-line.ts";
import type { Read } from "../collect.ts";
import { hint } from "../schema/fields.ts";
import type { Path, SourceDocument } from "../source-document.ts";
import { idOf, isReference, parseReference } from "./reference.ts";

const versions = ["backstage.io/v1alpha1", "backstage.io/v1beta1"] as const;

/** On one line and without what steers a terminal: it goes into files and lists that people read (I9). */
const plainField = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => oneLine(text) === text, "holds line breaks or control characters")
    .meta({ ...hint(`a text on one line, at most ${max} characters`, "write it on one line") });

const objectNameField = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/)
  .meta({ ...hint("a name of letters, digits, `-`, `_` and `.`, at most 63", "write it like `cart-api`") });

const namespaceField = z
  .string()
  .max(63)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/)
  .meta({ ...hint("a namespace of letters, digits and dashes, at most 63", "write it like `shop`") });

const referenceField = z
  .string()
  .refine(isReference, "is no reference to an entity")
  .meta({ ...hint("a reference like `component:default/cart`", "write kind, namespace and name of what is meant") });
const references = z.array(referenceField).default([]);

/** Backstage wants texts; people forget the quotes. */
const labelField = z.union([plainField(1_000), z.number().transform(String), z.boolean().transform(String)]);

const metadataField = z.object({
  name: objectNameField,
  namespace: namespaceField.default("default"),
  labels: z.record(plainField(253), labelField).default({}),
  annotations: z.record(z.string(), z.unknown()).default({}),
});

const documentOf = <K extends string, S extends z.ZodType>(kinds: readonly [K, ...K[]], spec: S) =>
  z.object({ apiVersion: z.enum(versions), kind: z.enum(kinds), metadata: metadataField, spec });

/** What is read of a Component or a Resource; the rest of their documents is left alone. */
export const entityDocument = documentOf(
  ["Component", "Resource"],
  z.object({
    type: plainField(100).min(1),
    owner: plainField(100)
      .min(1)
      .meta({ ...hint("who answers for it, like `group:default/payments`", "name the team") }),
    lifecycle: plainField(100).optional(),
    system: referenceField.optional(),
    dependsOn: references,
    dependencyOf: references,
    providesApis: references,
    consumesApis: references,
  }),
);

/** Points to other files of the catalog. */
export const locationDocument = documentOf(
  ["Location"],
  z.object({
    target: z.string().min(1).optional(),
    targets: z.array(z.string().min(1)).max(1_000).default([]),
    presence: z.enum(["required", "optional"]).default("required"),
  }),
);

export type Entity = Read<z.infer<typeof entityDocument>>;
export type Location = Read<z.infer<typeof locationDocument>>;

/** Its own reference, in full: `component:default/cart`. */
export const entityId = ({ document: { kind, metadata } }: Entity): string =>
  idOf(parseReference(metadata.name, { kind, namespace: metadata.namespace }));

/** `FILE:LINE` of a part of a document. */
export function placeOf(source: SourceDocument, path: Path): string {
  const { file, line } = source.error(path, { message: "", expected: "", fix: "" });
  return `${file}:${line}`;
}
