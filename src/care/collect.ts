import type { z } from "zod";
import type { CareError } from "../loop/signal/care-error.ts";
import { explain, valueAt } from "./explain.ts";
import { nearest } from "./nearest.ts";
import { apiVersion, type Metadata } from "./schema/fields.ts";
import { notifierDocument } from "./schema/notifier.ts";
import { openSloVersion, otherOpenSloDocument, sliDocument, sloDocument } from "./schema/openslo.ts";
import { policyTestDocument } from "./schema/policy-test.ts";
import { runbookDocument } from "./schema/runbook.ts";
import { serviceDocument } from "./schema/service.ts";
import { settingsDocument } from "./schema/settings.ts";
import { signatureTestDocument } from "./schema/signature-test.ts";
import { signatureDocument } from "./schema/signature.ts";
import type { SourceDocument } from "./source-document.ts";

/** A document with what its schema made of it. */
export interface Read<T> {
  readonly source: SourceDocument;
  readonly document: T;
}

/** Documents by kind, each valid by itself; whether they fit together is another question. */
export interface Collected {
  readonly services: Read<z.infer<typeof serviceDocument>>[];
  readonly runbooks: Read<z.infer<typeof runbookDocument>>[];
  readonly notifiers: Read<z.infer<typeof notifierDocument>>[];
  readonly settings: Read<z.infer<typeof settingsDocument>>[];
  readonly policyTests: Read<z.infer<typeof policyTestDocument>>[];
  readonly signatures: Read<z.infer<typeof signatureDocument>>[];
  readonly signatureTests: Read<z.infer<typeof signatureTestDocument>>[];
  readonly slos: Read<z.infer<typeof sloDocument>>[];
  readonly slis: Read<z.infer<typeof sliDocument>>[];
  readonly others: Read<z.infer<typeof otherOpenSloDocument>>[];
  readonly errors: CareError[];
}

/** Schemas by kind: the one source of truth for checking and for the published JSON Schemas. */
export const ownSchemas = {
  Service: serviceDocument,
  Runbook: runbookDocument,
  Notifier: notifierDocument,
  Settings: settingsDocument,
  PolicyTest: policyTestDocument,
  Signature: signatureDocument,
  SignatureTest: signatureTestDocument,
} as const;

const openSloKinds = [
  "SLO",
  "SLI",
  "Service",
  "DataSource",
  "AlertPolicy",
  "AlertCondition",
  "AlertNotificationTarget",
];

/** Kinds whose documents are told apart by their names. */
const named = [
  "services",
  "runbooks",
  "notifiers",
  "policyTests",
  "signatures",
  "signatureTests",
  "slos",
  "slis",
] as const;

export function collect(sources: readonly SourceDocument[]): Collected {
  const all: Collected = {
    services: [],
    runbooks: [],
    notifiers: [],
    settings: [],
    policyTests: [],
    signatures: [],
    signatureTests: [],
    slos: [],
    slis: [],
    others: [],
    errors: [],
  };
  for (const source of sources) place(source, all);
  for (const kind of named) all.errors.push(...repeated(all[kind]));
  for (const { source, document } of all.settings.slice(1))
    all.errors.push(
      source.error(["metadata", "name"], {
        message: `there is a second Settings document, \`${document.metadata.name}\``,
        expected: "one Settings document",
        fix: "join them into one",
      }),
    );
  return all;
}

function place(source: SourceDocument, all: Collected): void {
  const version = valueAt(source.value, ["apiVersion"]);
  const written = valueAt(source.value, ["kind"]);
  const kind = typeof written === "string" ? written : "";
  if (version === openSloVersion) return placeOpenSlo(source, kind, all);
  if (version !== apiVersion) return void all.errors.push(wrongVersion(source, version));
  switch (kind) {
    case "Service":
      return take(source, serviceDocument, all.services, all.errors);
    case "Runbook":
      return take(source, runbookDocument, all.runbooks, all.errors);
    case "Notifier":
      return take(source, notifierDocument, all.notifiers, all.errors);
    case "Settings":
      return take(source, settingsDocument, all.settings, all.errors);
    case "PolicyTest":
      return take(source, policyTestDocument, all.policyTests, all.errors);
    case "Signature":
      return take(source, signatureDocument, all.signatures, all.errors);
    case "SignatureTest":
      return take(source, signatureTestDocument, all.signatureTests, all.errors);
    default:
      return void all.errors.push(wrongKind(source, kind, Object.keys(ownSchemas)));
  }
}

function placeOpenSlo(source: SourceDocument, kind: string, all: Collected): void {
  if (kind === "SLO") return take(source, sloDocument, all.slos, all.errors);
  if (kind === "SLI") return take(source, sliDocument, all.slis, all.errors);
  if (openSloKinds.includes(kind)) return take(source, otherOpenSloDocument, all.others, all.errors);
  all.errors.push(wrongKind(source, kind, openSloKinds));
}

function take<T>(source: SourceDocument, schema: z.ZodType<T>, into: Read<T>[], errors: CareError[]): void {
  const read = schema.safeParse(source.value);
  if (read.success) into.push({ source, document: read.data });
  else errors.push(...explain(source, schema, read.error.issues));
}

function wrongVersion(source: SourceDocument, version: unknown): CareError {
  const shown =
    typeof version === "string" ? `apiVersion \`${cut(version)}\` is not known` : "the document has no apiVersion";
  return source.error(typeof version === "string" ? ["apiVersion"] : [], {
    message: shown,
    expected: `\`${apiVersion}\` or \`${openSloVersion}\``,
    fix: `write \`apiVersion: ${apiVersion}\`; keep other systems' files out of the care repo`,
  });
}

function wrongKind(source: SourceDocument, kind: string, known: readonly string[]): CareError {
  const meant = nearest(cut(kind), known);
  return source.error(kind ? ["kind"] : [], {
    message: kind ? `unknown kind \`${cut(kind)}\`` : "the document has no kind",
    expected: `one of ${known.map((k) => `\`${k}\``).join(", ")}`,
    fix: meant ? `did you mean \`${meant}\`` : "write one of them",
  });
}

const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** Names are unique by kind, over all files. */
function repeated(reads: readonly Read<{ metadata: Pick<Metadata, "name"> }>[]): CareError[] {
  const first = new Map<string, SourceDocument>();
  return reads.flatMap(({ source, document: { metadata } }) => {
    const earlier = first.get(metadata.name);
    if (!earlier) {
      first.set(metadata.name, source);
      return [];
    }
    const there = earlier.error(["metadata", "name"], { message: "", expected: "", fix: "" });
    return [
      source.error(["metadata", "name"], {
        message: `\`${metadata.name}\` is declared twice`,
        expected: "one document of this kind and name",
        fix: `rename or remove it; the other is in ${there.file}:${there.line}`,
      }),
    ];
  });
}
