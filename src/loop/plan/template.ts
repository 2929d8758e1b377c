import type { Json } from "../../kernel/json.ts";
import { err, ok, type Result } from "../../kernel/result.ts";

/** A text cut at its `${…}`: literal texts and CEL expressions in turn. */
export type TemplatePart = { readonly text: string } | { readonly expression: string; readonly source: string };

/** Cuts a text at its `${cel}`. `$${` is a literal `${`. An expression that is never closed is an error. */
export function parseTemplate(text: string): Result<TemplatePart[], string> {
  const parts: TemplatePart[] = [];
  let literal = "";
  let at = 0;
  while (at < text.length) {
    if (text.startsWith("$${", at)) {
      literal += "${";
      at += 3;
    } else if (text.startsWith("${", at)) {
      const end = closingBrace(text, at + 2);
      if (end === undefined) return err(`\`${text}\` opens \`\${\` and never closes it; add \`}\``);
      if (literal) parts.push({ text: literal });
      literal = "";
      parts.push({ expression: text.slice(at + 2, end), source: text.slice(at, end + 1) });
      at = end + 1;
    } else literal += text[at++];
  }
  if (literal) parts.push({ text: literal });
  return ok(parts);
}

/** Braces nest in CEL maps, and a brace inside a quoted text is none. */
function closingBrace(text: string, from: number): number | undefined {
  let depth = 0;
  let quote = "";
  for (let at = from; at < text.length; at++) {
    const c = text[at] ?? "";
    if (quote) {
      if (c === "\\") at++;
      else if (c === quote) quote = "";
    } else if (c === '"' || c === "'") quote = c;
    else if (c === "{") depth++;
    else if (c === "}" && depth-- === 0) return at;
  }
  return undefined;
}

/** All expressions in a value's templates, with the path of each: `["args", 0]`. Texts that do not parse are left out. */
export function templateExpressions(
  value: Json,
  path: readonly (string | number)[] = [],
): { readonly path: readonly (string | number)[]; readonly expression: string }[] {
  if (typeof value === "string") {
    const parts = parseTemplate(value);
    return parts.ok ? parts.value.flatMap((p) => ("expression" in p ? [{ path, expression: p.expression }] : [])) : [];
  }
  if (value === null || typeof value !== "object") return [];
  const members: [string | number, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return members.flatMap(([key, member]) => templateExpressions(member, [...path, key]));
}
