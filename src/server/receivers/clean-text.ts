import type { Redactor } from "../../ports/redactor.ts";

/** Longest texts kept of untrusted input, in UTF-16 units; longer ones end in `…`. */
export const textMax = { name: 256, value: 256, body: 8_192 } as const;

/** A text that is redacted (I10), bounded (I11), and safe to store: no NUL, no lone surrogates. */
export type CleanText = (text: string, max?: number) => string;

/** Looked at beyond the bound, so that a secret across it is still seen whole and masked. */
export const marginUnits = 4_096;
const memoTextMax = 128;
const memoEntriesMax = 8_192;

/** Short texts come again and again (names, attribute values), so what became of them is remembered, bounded. */
export function cleanText(redactor: Redactor): CleanText {
  const memo = new Map<string, string>();
  return (text, max = textMax.value) => {
    if (text.length > memoTextMax) return boundedRedacted(text, max, redactor);
    const known = memo.get(text);
    if (known !== undefined) return known;
    const clean = boundedRedacted(text, max, redactor);
    if (memo.size >= memoEntriesMax) memo.clear();
    memo.set(text, clean);
    return clean;
  };
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
