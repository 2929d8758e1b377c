import { oneLine, severalLines } from "../../kernel/one-line.ts";
import type { Redactor } from "../../ports/redactor.ts";

/** Longest texts kept of untrusted input, in UTF-16 units; longer ones end in `…`. */
export const textMax = { name: 256, value: 256, body: 8_192 } as const;

/** What a text may look like: a name on one line, or a body with lines and tabs. Neither steers a terminal or turns text around. */
export type TextForm = "line" | "lines";

/** A text that is redacted (I10), bounded (I11), safe to show (I9) and to store: no control characters, no lone surrogates. */
export type CleanText = (text: string, max?: number, form?: TextForm) => string;

/** Looked at beyond the bound, so that a secret across it is still seen whole and masked. */
export const marginUnits = 4_096;
const memoTextMax = 128;
const memoEntriesMax = 8_192;

/** Short texts come again and again (names, attribute values), so what became of them is remembered, bounded. */
export function cleanText(redactor: Redactor): CleanText {
  const memos = { line: new Map<string, string>(), lines: new Map<string, string>() };
  return (text, max = textMax.value, form = "line") => {
    // Shown last: a secret may reach over several lines, and is known by them.
    const clean = () => shown[form](boundedRedacted(text, max, redactor));
    return text.length > memoTextMax ? clean() : remembered(memos[form], text, clean);
  };
}

const shown: Readonly<Record<TextForm, (text: string) => string>> = { line: oneLine, lines: severalLines };

function remembered(memo: Map<string, string>, text: string, make: () => string): string {
  const known = memo.get(text);
  if (known !== undefined) return known;
  const made = make();
  if (memo.size >= memoEntriesMax) memo.clear();
  memo.set(text, made);
  return made;
}

function boundedRedacted(text: string, max: number, redactor: Redactor): string {
  const long = text.length > max + marginUnits;
  const redacted = redactor.redact(storable(long ? text.slice(0, max + marginUnits) : text));
  // What was cut off may have split a secret within the margin: the margin is dropped, even where masking made room.
  const end = Math.min(max, long ? redacted.length - marginUnits : redacted.length);
  return end === redacted.length ? redacted : `${detached(redacted.slice(0, Math.max(0, end - 1)))}…`;
}

function storable(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.includes("\0") ? wellFormed.replaceAll("\0", "\uFFFD") : wellFormed;
}

/** A copy: a slice would keep the whole text it was cut from in memory. */
const detached = (text: string): string =>
  Buffer.from(text, "utf8")
    .toString("utf8")
    .replace(/\uFFFD$/, "");
