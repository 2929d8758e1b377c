import type { Json } from "../../kernel/json.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { parseTemplate } from "./template.ts";

/**
 * Fills the `${cel}` of a PromQL query. A value goes into a quoted text only, such as a label's, and is escaped for it, and once
 * more where the text is a regular expression: whatever it holds, it stays that text and the query stays the one written (I9).
 */
export function fillQuery(
  query: string,
  valueOf: (expression: string) => Result<Json, string>,
): Result<string, string> {
  const parsed = parseTemplate(query);
  if (!parsed.ok) return parsed;
  let filled = "";
  for (const part of parsed.value) {
    if ("text" in part) {
      filled += part.text;
      continue;
    }
    const within = quoteAt(filled);
    if (!within) return err(`\`${part.source}\` stands outside of a text in quotes, such as a label's value`);
    const value = valueOf(part.expression);
    if (!value.ok) return value;
    if (value.value === null || typeof value.value === "object") return err(`\`${part.source}\` is no text or number`);
    filled += escaped(String(value.value), within);
  }
  return ok(filled);
}

interface Within {
  readonly quote: string;
  readonly regex: boolean;
}

/** Texts in quotes and comments; the last may be open at the end, and may end within an escape. */
const quoted = /(["'])(?:(?!\1)[^\\]|\\[^])*(\1|\\?$)|`[^`]*(?:`|$)|#[^\n]*/g;

/**
 * The quoted text that is open at the end of a query's beginning. Backticks take no escapes, and an escape that is begun would
 * undo the value's first: nothing is put into either.
 */
function quoteAt(start: string): Within | undefined {
  const last = [...start.matchAll(quoted)].at(-1);
  const [, quote, end] = last ?? [];
  if (!last || !quote || end !== "") return undefined;
  return { quote, regex: /[=!]~\s*$/.test(start.slice(0, last.index)) };
}

function escaped(value: string, { quote, regex }: Within): string {
  const text = value.toWellFormed();
  const meant = regex ? text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`) : text;
  return meant
    .replaceAll("\\", "\\\\")
    .replaceAll(quote, `\\${quote}`)
    .replaceAll(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
