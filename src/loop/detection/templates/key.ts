import type { Spans } from "./spans.ts";

/** Stands in a key for a variable part. Lines hold no control characters when they get here. */
export const hole = "\u0001";

/** A part of a key, `[start, end)` in UTF-16 units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where the value of a slot comes from: fixed text and slots of the narrower key, by number, one after the other. */
export type Filling = readonly (string | number)[];

/** A line with a hole for each of its variable parts. */
export function keyOf(line: string, spans: Spans): string {
  if (spans.count === 0) return line;
  let key = "";
  let from = 0;
  for (let i = 0; i < spans.count; i++) {
    key += line.slice(from, spans.starts[i]) + hole;
    from = spans.ends[i] as number;
  }
  return key + line.slice(from);
}

export function holesIn(key: string): number {
  let holes = 0;
  for (let at = key.indexOf(hole); at >= 0; at = key.indexOf(hole, at + 1)) holes++;
  return holes;
}

/** The key with one hole in place of each range (in order, apart), and how its slots are filled from those of the narrower key. */
export function widen(key: string, ranges: readonly Range[]): { readonly key: string; readonly fillings: Filling[] } {
  const fillings: Filling[] = [];
  let [wide, from, slot] = ["", 0, 0];
  const keep = (until: number) => {
    const kept = key.slice(from, until);
    for (let left = holesIn(kept); left > 0; left--) fillings.push([slot++]);
    wide += kept;
  };
  for (const { start, end } of ranges) {
    keep(start);
    const parts = key.slice(start, end).split(hole);
    fillings.push(parts.flatMap((text, i) => [...(i > 0 ? [slot++] : []), ...(text === "" ? [] : [text])]));
    wide += hole;
    from = end;
  }
  keep(key.length);
  return { key: wide, fillings };
}

/** Slots filled from a key that is itself filled from a narrower one. */
export const compose = (outer: readonly Filling[], inner: readonly Filling[]): Filling[] =>
  outer.map((filling) => filling.flatMap((part) => (typeof part === "string" ? part : (inner[part] ?? []))));

/** The filling when it is one slot and nothing else. */
export function onlySlot(filling: Filling): number | undefined {
  const [part] = filling;
  return filling.length === 1 && typeof part === "number" ? part : undefined;
}
