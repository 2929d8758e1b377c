/** One policy's text in its file. `start` is the offset of the text in the file, in UTF-16 units. */
export interface PolicyText {
  readonly text: string;
  readonly start: number;
}

/** The end of the comment or quoted text that starts at `at`, or `at` when none does. */
export function skipQuiet(text: string, at: number): number {
  if (text.startsWith("//", at)) {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end + 1;
  }
  if (text[at] !== '"') return at;
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end + 1;
}

/**
 * Splits a file that Cedar could parse into its policies. A policy ends with `;`, which stands nowhere else in Cedar but
 * in comments and quoted texts. The caller compares the count with Cedar's own.
 */
export function splitPolicies(text: string): PolicyText[] {
  const policies: PolicyText[] = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const after = skipQuiet(text, at);
    if (after > at) {
      at = after;
      continue;
    }
    at += 1;
    if (text[at - 1] !== ";") continue;
    policies.push({ text: text.slice(start, at), start });
    start = at;
  }
  return policies;
}
