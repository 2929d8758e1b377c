import { isMap, isScalar, LineCounter, parseAllDocuments, type Document } from "yaml";
import type { CareError } from "../loop/signal/care-error.ts";
import type { Json } from "../kernel/json.ts";

export type Path = readonly (string | number)[];

/** One YAML document of a file, with where each part of it stands. */
export interface SourceDocument {
  readonly file: string;
  readonly value: Json;
  /** A located error about the value at `path`; `key` when it is about a member's name. */
  error(path: Path, what: Pick<CareError, "message" | "expected" | "fix">, key?: string): CareError;
}

/** Documents in one file and aliases in one document (I11): YAML aliases can make a short text huge. */
const documentsMax = 200;
const aliasesMax = 50;

/** Splits a text into its documents. Anything YAML itself objects to is an error, and a repeated key is such a thing. */
export function parseSource(file: string, text: string): { documents: SourceDocument[]; errors: CareError[] } {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, version: "1.2", uniqueKeys: true, strict: true });
  const all = Array.isArray(parsed) ? parsed : [];
  const errors: CareError[] = all
    .flatMap((d) => [...d.errors, ...d.warnings])
    .map((error) => ({
      file,
      line: error.linePos?.[0].line ?? 1,
      column: error.linePos?.[0].col ?? 1,
      path: "",
      message: firstLine(error.message),
      expected: "YAML 1.2",
      fix: "correct the YAML at this place; quote texts that hold `:` or `#`",
    }));
  if (all.length > documentsMax)
    errors.push({
      file,
      line: 1,
      path: "",
      message: `the file has ${all.length} documents`,
      expected: `at most ${documentsMax}`,
      fix: "split the file",
    });
  if (errors.length > 0) return { documents: [], errors };
  const documents: SourceDocument[] = [];
  for (const document of all) {
    if (document.contents === null) continue;
    const value = valueOf(document);
    const locate = locator(file, document, lines);
    if (value.ok) documents.push({ file, value: value.json, error: locate });
    else
      errors.push(
        locate([], {
          message: value.why,
          expected: "plain values and few aliases",
          fix: "write the values out instead of using aliases",
        }),
      );
  }
  return { documents, errors };
}

function valueOf(document: Document): { ok: true; json: Json } | { ok: false; why: string } {
  try {
    const json: Json = document.toJS({ maxAliasCount: aliasesMax });
    // A YAML date or binary is no JSON value; what JSON cannot carry cannot be digested.
    const text = JSON.stringify(json);
    return text.length > 4_000_000 ? { ok: false, why: "the document unfolds to more than 4 MB" } : { ok: true, json };
  } catch (error) {
    return { ok: false, why: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}

const locator =
  (file: string, document: Document, lines: LineCounter): SourceDocument["error"] =>
  (path, what, key) => {
    const { line, col } = lines.linePos(offsetOf(document, path, key) ?? 0);
    const full = key === undefined ? path : [...path, key];
    return { file, line: Math.max(1, line), column: Math.max(1, col), path: pathText(full), ...what };
  };

/** Where a scalar stands, or the name of anything larger; for what is missing, the nearest thing around it. */
function offsetOf(document: Document, path: Path, key?: string): number | undefined {
  if (key !== undefined) {
    const named = keyOffset(nodeAt(document, path), key);
    if (named !== undefined) return named;
  }
  const node = nodeAt(document, path);
  const last = path.at(-1);
  if (typeof last === "string" && node !== undefined && !isScalar(node))
    return keyOffset(nodeAt(document, path.slice(0, -1)), last) ?? startOf(node);
  return startOf(node) ?? (last === undefined ? undefined : offsetOf(document, path.slice(0, -1)));
}

const nodeAt = (document: Document, path: Path): unknown =>
  path.length === 0 ? document.contents : document.getIn(path, true);

const startOf = (node: unknown): number | undefined => (hasRange(node) ? node.range[0] : undefined);

function keyOffset(node: unknown, key: string): number | undefined {
  return isMap(node)
    ? startOf(node.items.map((pair) => pair.key).find((k) => isScalar(k) && k.value === key))
    : undefined;
}

const hasRange = (node: unknown): node is { range: [number, number, number] } =>
  typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);

/** `spec.steps[1].undo` */
export const pathText = (path: Path): string =>
  path
    .map((part, i) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(part)) return `["${part}"]`;
      return i === 0 ? part : `.${part}`;
    })
    .join("");

const firstLine = (text: string): string => {
  const line = text.split("\n", 1)[0] ?? "";
  const plain = line.replace(/ at line \d+, column \d+:?$/, "").replace(/\.$/, "");
  return plain.charAt(0).toLowerCase() + plain.slice(1);
};
