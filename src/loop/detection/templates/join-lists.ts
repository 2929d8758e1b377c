import type { Spans } from "./spans.ts";

/** What may lead, or part, the variable pieces of one word of a list. */
const isGlue = (code: number): boolean => code === 64 || code === 35 || code === 58 || code === 46 || code === 47;
const isEnd = (code: number): boolean =>
  Number.isNaN(code) ||
  code === 32 ||
  code === 41 ||
  code === 93 ||
  code === 125 ||
  code === 44 ||
  code === 59 ||
  code === 46;

/**
 * Makes one span of neighbouring words that are nothing but variable: a list may have any length, and lines that differ in it
 * are of one shape. `items` tells how long it was.
 */
export function joinLists(line: string, spans: Spans): void {
  let kept = 0;
  for (let i = 0; i < spans.count;) {
    const first = wordEnd(line, spans, i, true);
    const [last, items] = first < 0 ? [i, 1] : listEnd(line, spans, first);
    if (items === 1) {
      const until = Math.max(first, i);
      for (; i <= until; i++) move(spans, i, kept++);
      continue;
    }
    move(spans, i, kept);
    spans.ends[kept] = spans.ends[last] as number;
    spans.items[kept] = Math.min(255, items);
    spans.units[kept] = 0;
    spans.soft[kept] = 0;
    kept++;
    i = last + 1;
  }
  spans.count = kept;
}

/** Index of the last span of the variable word that begins with span `i`; -1 when the word has other parts. */
function wordEnd(line: string, spans: Spans, i: number, mustStart: boolean): number {
  const start = spans.starts[i] as number;
  const lead = start > 0 && isGlue(line.charCodeAt(start - 1)) ? start - 1 : start;
  if (mustStart && lead > 0 && line.charCodeAt(lead - 1) !== 32) return -1;
  let last = i;
  while (
    last + 1 < spans.count &&
    (spans.starts[last + 1] as number) === (spans.ends[last] as number) + 1 &&
    isGlue(line.charCodeAt(spans.ends[last] as number))
  )
    last++;
  return isEnd(line.charCodeAt(spans.ends[last] as number)) ? last : -1;
}

function listEnd(line: string, spans: Spans, first: number): [last: number, items: number] {
  let [last, items] = [first, 1];
  while (last + 1 < spans.count && line.charCodeAt(spans.ends[last] as number) === 32 && isNext(line, spans, last)) {
    const end = wordEnd(line, spans, last + 1, true);
    if (end < 0) break;
    last = end;
    items++;
  }
  return [last, items];
}

function isNext(line: string, spans: Spans, last: number): boolean {
  const gap = (spans.starts[last + 1] as number) - (spans.ends[last] as number);
  return gap === 1 || (gap === 2 && isGlue(line.charCodeAt((spans.starts[last + 1] as number) - 1)));
}

function move(spans: Spans, from: number, to: number): void {
  if (from === to) return;
  spans.starts[to] = spans.starts[from] as number;
  spans.ends[to] = spans.ends[from] as number;
  spans.soft[to] = spans.soft[from] as number;
  spans.units[to] = spans.units[from] as number;
  spans.items[to] = spans.items[from] as number;
}
