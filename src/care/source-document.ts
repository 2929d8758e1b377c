import { Composer, isMap, isScalar, LineCounter, Parser, type Document } from "yaml";
import type { CareError } from "../loop/signal/care-error.ts";
import type { Json } from "../kernel/json.ts";
import { depthMax, repeatedKeys, tooDeepAt } from "./yaml-bounds.ts";

export type Path = readonly (string | number)[];

/** One YAML document of a file, with where each part of it stands. */
export interface SourceDocument {
  readonly file: string;
  readonly value: Json;
  /** A located error about the value at `path`; `key` when it is about a member's name. */
  error(path: Path, what: Pick<CareError, "message" | "expected" | "fix">, key?: string): CareError;
}

/** Documents in one file, aliases in one document, errors told of one file (I11): YAML aliases can make a short text huge. */
const documentsMax = 200;
const aliasesMax = 50;
const errorsMax = 20;

type Parsed = { readonly documents: SourceDocument[]; readonly errors: CareError[] };

/** Splits a text into its documents. Anything YAML itself objects to is an error, and a repeated key is such a thing. */
export function parseSource(file: string, text: string): Parsed {
  const lines = new LineCounter();
  const refused = (offset: number, message: string, expected: string, fix: string): CareError => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path: "", message, expected, fix };
  };
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tooDeepAt(tokens);
  if (deep !== undefined) {
    const message = `nested more than ${depthMax} levels deep`;
    return { documents: [], errors: [refused(deep, message, `at most ${depthMax} levels`, "write it flatter")] };
  }
  const composer = new Composer({ version: "1.2", uniqueKeys: false, strict: true });
  const all = [...composer.compose(tokens, true, text.length)];
  const errors = all.flatMap(faultsOf).map(({ offset, message }) => refused(offset, message, "YAML 1.2", yamlFix));
  if (all.length > documentsMax)
    errors.push(refused(0, `the file has ${all.length} documents`, `at most ${documentsMax}`, "split the file"));
  if (errors.length > 0) return { documents: [], errors: errors.slice(0, errorsMax) };
  return readAll(file, all, lines);
}

const yamlFix = "correct the YAML at this place; quote texts that hold `:` or `#`";

const faultsOf = (document: Document): { readonly offset: number; readonly message: string }[] => [
  ...[...document.errors, ...document.warnings].map(({ pos, message }) => ({
    offset: pos[0],
    message: firstLine(message),
  })),
  ...repeatedKeys(document).map(({ offset }) => ({ offset, message: "map keys must be unique" })),
];

function readAll(file: string, all: readonly Document[], lines: LineCounter): Parsed {
  const [documents, errors]: [SourceDocument[], CareError[]] = [[], []];
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
    return { ok: false, why: whyOf(error) };
  }
}

function whyOf(error: unknown): string {
  if (error instanceof ReferenceError && !error.message.startsWith("Unresolved"))
    return `aliases that unfold to more than ${aliasesMax} times what they name`;
  if (error instanceof TypeError) return "an alias stands within what it names";
  return firstLine(error instanceof Error ? error.message : String(error));
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
