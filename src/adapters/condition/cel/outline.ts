import type { ASTNode } from "@marcbachmann/cel-js";

/** What an expression consists of, as far as bounding it needs. */
export interface Outline {
  /** Free variables: what the facts must have. */
  readonly variables: readonly string[];
  readonly calls: readonly string[];
  readonly nodes: number;
  /** Comprehensions, and how deep they stand in each other. */
  readonly macros: number;
  readonly nesting: number;
}

const comprehensions: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** Names CEL knows by itself: types, which `type(x) == string` compares with. */
const builtin: ReadonlySet<string> = new Set([
  "bool",
  "int",
  "uint",
  "double",
  "string",
  "bytes",
  "list",
  "map",
  "null_type",
  "type",
  "google",
  "cel",
]);

interface Draft {
  readonly variables: Set<string>;
  readonly calls: Set<string>;
  nodes: number;
  macros: number;
  nesting: number;
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === "object" && value !== null && "op" in value && "args" in value;

/** Child nodes at any depth of arrays: the operands of every operator have one of these shapes. */
const childrenOf = (args: unknown): ASTNode[] =>
  isNode(args) ? [args] : Array.isArray(args) ? args.flatMap(childrenOf) : [];

/** The variable a comprehension binds, when the node is one: `xs.all(x, x > 0)` binds `x`. */
function boundBy(node: ASTNode): string | undefined {
  if (node.op !== "rcall" || !comprehensions.has(node.args[0])) return undefined;
  const [variable] = node.args[2];
  return variable?.op === "id" ? variable.args : undefined;
}

function note(node: ASTNode, bound: ReadonlySet<string>, nesting: number, draft: Draft): void {
  draft.nodes += 1;
  draft.nesting = Math.max(draft.nesting, nesting);
  if (node.op === "id" && !bound.has(node.args) && !builtin.has(node.args)) draft.variables.add(node.args);
  if (node.op === "call" || node.op === "rcall") draft.calls.add(node.args[0]);
}

function walk(node: ASTNode, bound: ReadonlySet<string>, nesting: number, draft: Draft): void {
  note(node, bound, nesting, draft);
  const variable = boundBy(node);
  if (variable === undefined || node.op !== "rcall") {
    for (const child of childrenOf(node.args)) walk(child, bound, nesting, draft);
    return;
  }
  draft.macros += 1;
  walk(node.args[1], bound, nesting, draft);
  const inner = new Set([...bound, variable]);
  for (const body of node.args[2].slice(1)) walk(body, inner, nesting + 1, draft);
}

/** Walks an expression once. Depth and size are bounded by the parser's limits. */
export function outline(root: ASTNode): Outline {
  const draft: Draft = { variables: new Set(), calls: new Set(), nodes: 0, macros: 0, nesting: 0 };
  walk(root, new Set(), 0, draft);
  return { ...draft, variables: [...draft.variables].toSorted(), calls: [...draft.calls].toSorted() };
}
