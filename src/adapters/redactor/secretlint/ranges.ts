/** A stretch of a text to mask: UTF-16 offsets [from, to) and what it is. */
export interface Found {
  readonly from: number;
  readonly to: number;
  readonly kind: string;
}

/** The text with each stretch replaced by `[redacted:<kind>]`; overlapping stretches become one, under the first's kind. */
export function mask(text: string, found: readonly Found[]): string {
  let masked = "";
  let at = 0;
  for (const { from, to, kind } of joined(found)) {
    masked += `${text.slice(at, from)}[redacted:${kind}]`;
    at = to;
  }
  return masked + text.slice(at);
}

function joined(found: readonly Found[]): Found[] {
  const out: Found[] = [];
  for (const next of found.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const last = out.at(-1);
    if (last && next.from < last.to) out[out.length - 1] = { ...last, to: Math.max(last.to, next.to) };
    else if (next.to > next.from) out.push(next);
  }
  return out;
}
