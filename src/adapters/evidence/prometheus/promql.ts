import { parser } from "@prometheus-io/lezer-promql";
import { parseDurationMs } from "../../../kernel/duration.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import type { QueryLanguage, QueryReach } from "../../../ports/evidence.ts";

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree["topNode"];

/** Longest query that is read (I11). */
const queryMax = 8_192;
/** Nested deeper than this is no query a person wrote. */
const depthMax = 100;

/** PromQL by Prometheus' own grammar. It is ahead of older servers, and knows no types: those only a server checks. */
export const promql: QueryLanguage = { read: (query) => parsed(query, (top) => reachOf(query, top)) };

/**
 * The query with every newest sample that is older than `maxAgeMs` left out. Prometheus takes a sample of up to five minutes
 * ago for now; a range takes none before its start, and needs no option that older servers lack.
 */
export const freshOnly = (query: string, maxAgeMs: number): Result<string, string> =>
  parsed(query, (top) => {
    const selectors = newestSelectors(top).toReversed();
    return selectors.reduce((text, { node, whole }) => {
      const selector = query.slice(node.from, node.to);
      const modifiers = query.slice(node.to, whole.to);
      const fresh = `(${selector}${modifiers} and last_over_time(${selector}[${Math.ceil(maxAgeMs)}ms]${modifiers}))`;
      return text.slice(0, whole.from) + fresh + text.slice(whole.to);
    }, query);
  });

function parsed<T>(query: string, then: (top: Node) => T): Result<T, string> {
  if (query.length > queryMax) return err(`longer than ${queryMax} characters`);
  if (query.trim() === "") return err("empty");
  const tree = treeOf(query);
  if (!tree.ok) return tree;
  const { value: topNode } = tree;
  if (depthOf(topNode) > depthMax) return err(`nested more than ${depthMax} deep`);
  const result = topNode.lastChild;
  if (result?.name === "StringLiteral") return err("a text, where a number for each series is needed");
  if (result && ranged.has(result.name)) return err("a range of samples, where one number for each series is needed");
  return ok(then(topNode));
}

const ranged: ReadonlySet<string> = new Set(["MatrixSelector", "SubqueryExpr"]);
const modifying: ReadonlySet<string> = new Set(["OffsetExpr", "StepInvariantExpr"]);

/** Strict: it ends at the first error, where mending goes on for long in a text that is none. */
const strict = parser.configure({ strict: true });

function treeOf(query: string): Result<Node, string> {
  try {
    return ok(strict.parse(query).topNode);
  } catch (error) {
    const at = Number(/ at (\d+)/.exec(String(error))?.[1] ?? 0);
    return err(`${placeOf(query, at)}: ${whyBroken(query, at)}`);
  }
}

function depthOf(top: Node): number {
  let [depth, deepest] = [0, 0];
  top.cursor().iterate(
    () => void (deepest = Math.max(deepest, ++depth)),
    () => void depth--,
  );
  return deepest;
}

function placeOf(query: string, at: number): string {
  const before = query.slice(0, at).split("\n");
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

const whyBroken = (query: string, at: number): string => {
  const rest = query.slice(at).trim();
  return rest === "" ? "it ends too early" : `\`${rest.slice(0, 30)}\` does not fit here`;
};

const all = (top: Node, name: string): Node[] => {
  const found: Node[] = [];
  top.cursor().iterate(({ name: at, node }) => void (at === name && found.push(node)));
  return found;
};

/** Selectors of newest samples, each with its offset and pin around it. Who asks for `timestamp` looks at the age himself. */
function newestSelectors(top: Node): { readonly node: Node; readonly whole: Node }[] {
  return all(top, "VectorSelector").flatMap((node) => {
    if (node.parent?.name === "MatrixSelector") return [];
    const whole = around(node);
    const call = whole.parent?.parent;
    return call?.firstChild?.firstChild?.name === "Timestamp" ? [] : [{ node, whole }];
  });
}

function around(node: Node): Node {
  let whole = node;
  while (whole.parent && modifying.has(whole.parent.name)) whole = whole.parent;
  return whole;
}

/** Together with what is around a selector: its range, the subqueries it is in, and every offset. */
function reachOf(query: string, top: Node): QueryReach {
  const reaches = all(top, "VectorSelector").map((selector) => reachOfSelector(query, selector));
  const told = reaches.filter((ms) => ms !== undefined);
  const rangeMs = told.length === reaches.length ? Math.max(0, ...told) : undefined;
  return { rangeMs, newest: newestSelectors(top).length > 0 };
}

function reachOfSelector(query: string, selector: Node): number | undefined {
  let sumMs = 0;
  for (let node: Node | null = selector.parent; node; node = node.parent) {
    if (node.name === "StepInvariantExpr") return undefined;
    if (!ranged.has(node.name) && node.name !== "OffsetExpr") continue;
    const duration = node.getChild("DurationExpr") ?? node.getChild("OffsetDurationExpr");
    const ms = duration && durationMs(query.slice(duration.from, duration.to));
    if (typeof ms !== "number") return undefined;
    sumMs += ms;
  }
  return sumMs;
}

/** `5m`, `1h30m`, `-30s`, or plain seconds; undefined for what is computed. */
function durationMs(text: string): number | undefined {
  const [, sign = "", plain = ""] = /^\s*(-?)\s*(\S+)\s*$/.exec(text) ?? [];
  const ms = /^\d+(\.\d+)?$/.test(plain) ? Number(plain) * 1_000 : parseDurationMs(plain);
  return ms === undefined || sign === "" ? ms : -ms;
}
