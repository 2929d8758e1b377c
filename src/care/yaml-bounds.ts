import { type CST, isCollection, isMap, isPair, isScalar, type Document } from "yaml";

/** Levels a document may be nested: its readers call themselves level by level, and nothing of ours needs more than ten. */
export const depthMax = 64;

/** Where the first thing stands that is nested too deep; undefined when nothing is. Calls itself never, so no depth ends it. */
export function tooDeepAt(tokens: readonly CST.Token[]): number | undefined {
  const waiting = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > depthMax) return token.offset;
    for (const inner of within(token)) waiting.push({ token: inner, depth: depth + 1 });
  }
  return undefined;
}

function within(token: CST.Token): CST.Token[] {
  if (token.type === "document") return token.value ? [token.value] : [];
  if (!("items" in token)) return [];
  return token.items.flatMap(({ key, value }) => [...(key ? [key] : []), ...(value ? [value] : [])]);
}

/** Offsets of keys that stand a second time in their mapping. One look at each: the parser's own check compares each with each. */
export function repeatedKeys(document: Document): { readonly key: string; readonly offset: number }[] {
  const found: { key: string; offset: number }[] = [];
  const waiting: unknown[] = [document.contents];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (isPair(node)) waiting.push(node.key, node.value);
    if (!isCollection(node)) continue;
    for (const item of node.items) waiting.push(item);
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key } of node.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      if (seen.has(name)) found.push({ key: name, offset: key.range?.[0] ?? 0 });
      seen.add(name);
    }
  }
  return found.toSorted((a, b) => a.offset - b.offset);
}
