import { z } from "zod";
import type { CareError } from "../loop/signal/care-error.ts";
import type { Json } from "../kernel/json.ts";
import { maskAddresses } from "./mask-address.ts";
import { nearest } from "./nearest.ts";
import type { Path, SourceDocument } from "./source-document.ts";

type Issue = z.core.$ZodIssue;

/** Errors told of one document (I11): each looks through the whole of it. */
const errorsMax = 50;

/** Turns what a schema objects to into located errors that say what was expected and what to do. */
export function explain(source: SourceDocument, schema: z.ZodType, issues: readonly Issue[]): CareError[] {
  const single = issues.flatMap(oneByOne);
  const errors = single.slice(0, errorsMax).flatMap((issue) => explainIssue(source, schema, issue, []));
  // A mistyped name is one mistake, not an unknown field and a missing one.
  const mistyped = errors.flatMap((e) => {
    const meant = /^did you mean `(.*)`$/.exec(e.fix)?.[1];
    return meant !== undefined && e.message.startsWith("unknown field") ? [e.path.replace(/[^.]*$/, meant)] : [];
  });
  const told = errors.filter((e) => !(e.message.endsWith("is missing") && mistyped.includes(e.path)));
  const last = told.at(-1);
  return last && single.length > errorsMax ? [...told, more(last, single.length - errorsMax)] : told;
}

/** One issue for each unknown key: there may be thousands in one. */
const oneByOne = (issue: Issue): Issue[] =>
  issue.code === "unrecognized_keys" ? issue.keys.map((key) => ({ ...issue, keys: [key] })) : [issue];

const more = ({ file, line }: CareError, count: number): CareError => ({
  file,
  line,
  path: "",
  message: `${count} more things are wrong in this document`,
  expected: "a document of its kind",
  fix: "correct those that are named first",
});

function explainIssue(source: SourceDocument, schema: z.ZodType, issue: Issue, prefix: Path): CareError[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField(source, schema, path, key));
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const closest = closestBranch(issue.errors, valueAt(source.value, path));
    if (closest) return closest.flatMap((inner) => explainIssue(source, schema, inner, path));
  }
  const value = valueAt(source.value, path);
  const last = path.at(-1);
  if (value === undefined)
    return [
      source.error(path, {
        message: `\`${String(last ?? "document")}\` is missing`,
        ...advice(schema, path, issue, "add it"),
      }),
    ];
  return [
    source.error(path, {
      message: `${wantsReference(issue) ? "what is written" : shown(value)} is not valid here: ${plain(issue)}`,
      ...advice(schema, path, issue, "correct it"),
    }),
  ];
}

function unknownField(source: SourceDocument, schema: z.ZodType, path: Path, key: string): CareError {
  const known = fieldsAt(schema, path, source.value);
  const meant = nearest(key, known);
  return source.error(
    path,
    {
      message: `unknown field \`${key}\``,
      expected: known.length > 0 ? `one of ${known.map((k) => `\`${k}\``).join(", ")}` : "no such field",
      fix: meant ? `did you mean \`${meant}\`` : `remove \`${key}\``,
    },
    key,
  );
}

/** Of a union's members, the one that fits the value best: right type, then fewest objections. */
function closestBranch(errors: readonly (readonly Issue[])[], value: Json | undefined): readonly Issue[] | undefined {
  if (value === undefined) return undefined;
  const wrongKind = (issues: readonly Issue[]) => issues.some((i) => i.code === "invalid_type" && i.path.length === 0);
  const fitting = errors.filter((issues) => !wrongKind(issues));
  return fitting.toSorted((a, b) => a.length - b.length)[0];
}

function advice(schema: z.ZodType, path: Path, issue: Issue, fallback: string): { expected: string; fix: string } {
  const meta = metaAt(schema, path);
  const options = "values" in issue && Array.isArray(issue.values) ? issue.values.map(String) : undefined;
  const listed =
    options ?? ("options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : undefined);
  if (listed)
    return {
      expected: listed.map((o) => `\`${o}\``).join(" or "),
      fix: listed.length === 1 ? `write \`${listed[0]}\`` : "write one of them",
    };
  return { expected: meta?.expected ?? expectedBy(issue), fix: meta?.fix ?? fallback };
}

const expectedBy = (issue: Issue): string => (issue.code === "invalid_type" ? kindOf(issue.expected) : plain(issue));

const kindOf = (type: string): string =>
  type === "object" || type === "record" ? "a mapping" : `${article(type)} ${type}`;

const article = (word: string): string => (/^[aeiou]/.test(word) ? "an" : "a");

const plain = (issue: Issue): string => {
  const text = issue.message.replace(/^(Invalid|Too) [^:]*: /, "").replace(/^Invalid input$/, "no alternative fits");
  return text.charAt(0).toLowerCase() + text.slice(1);
};

/** Where a reference to a secret is expected, what stands there may be the secret itself: it is not shown (I10). */
const wantsReference = (issue: Issue): boolean =>
  issue.code === "invalid_format" && (issue.pattern ?? "").includes("(env:");

function shown(value: Json): string {
  if (value !== null && typeof value === "object") return Array.isArray(value) ? "a list" : "a mapping";
  const text = maskAddresses(String(value));
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``;
}

export function valueAt(value: Json, path: Path): Json | undefined {
  let at: Json | undefined = value;
  for (const part of path) {
    if (at === null || typeof at !== "object") return undefined;
    const members: Readonly<Record<string, Json>> = Object.fromEntries(Object.entries(at));
    at = Object.hasOwn(members, String(part)) ? members[String(part)] : undefined;
  }
  return at;
}

/** The JSON Schema of a schema is its public description; walking it needs no knowledge of zod's insides. */
const described = new WeakMap<z.ZodType, JsonSchema>();

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** Of a record: what each of its values is. Otherwise `false`. */
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly expected?: string;
  readonly fix?: string;
}

function nodesAt(schema: z.ZodType, path: Path): JsonSchema[] {
  let root = described.get(schema);
  if (!root) {
    const made: JsonSchema = JSON.parse(
      JSON.stringify(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })),
    );
    described.set(schema, made);
    root = made;
  }
  let nodes = unfold(root);
  for (const part of path)
    nodes = nodes.flatMap((n) => {
      const next = typeof part === "number" ? n.items : (n.properties?.[part] ?? n.additionalProperties);
      return typeof next === "object" ? unfold(next) : [];
    });
  return nodes;
}

const unfold = (node: JsonSchema): JsonSchema[] => [
  node,
  ...[...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])].flatMap(unfold),
];

function fieldsAt(schema: z.ZodType, path: Path, document: Json): string[] {
  const value = valueAt(document, path);
  const nodes = nodesAt(schema, path).filter((n) => n.properties !== undefined && fitsType(n, value));
  return [...new Set(nodes.flatMap((n) => Object.keys(n.properties ?? {})))].toSorted();
}

/** Of alternatives told apart by `type`, only the chosen one's fields are worth naming. */
function fitsType(node: JsonSchema, value: Json | undefined): boolean {
  const wanted = node.properties?.["type"]?.const;
  if (wanted === undefined || value === undefined || value === null || typeof value !== "object") return true;
  return !("type" in value) || valueAt(value, ["type"]) === wanted;
}

const metaAt = (schema: z.ZodType, path: Path): JsonSchema | undefined =>
  nodesAt(schema, path).find((n) => n.expected !== undefined);
