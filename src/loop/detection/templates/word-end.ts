import { character, code, kindOf } from "./characters.ts";

/** Where the word ends that begins at `at`, or what parts words there. */
export function wordEnd(line: string, at: number): number {
  if (isArrow(line, at)) return at + 2;
  let end = at;
  if (isEllipsis(line, at)) {
    while (line.charCodeAt(end) === code.dot) end++;
    return end;
  }
  for (; end < line.length; end++) {
    const kind = kindOf(line.charCodeAt(end));
    if (kind > character.joiner || (kind === character.joiner && isParting(line, end))) break;
  }
  return end;
}

/** Two full stops or more, and an arrow, part words. */
export const isParting = (line: string, at: number): boolean => isEllipsis(line, at) || isArrow(line, at);

const isEllipsis = (line: string, at: number): boolean =>
  line.charCodeAt(at) === code.dot && line.charCodeAt(at + 1) === code.dot;

const isArrow = (line: string, at: number): boolean =>
  line.charCodeAt(at) === code.minus && line.charCodeAt(at + 1) === code.greater;

/** Where a word of letters only ends that begins at `at`; `at` when the word has other parts, or a colon after it. */
export function plainEnd(line: string, at: number): number {
  let end = at;
  while (end < line.length && kindOf(line.charCodeAt(end)) === character.letter) end++;
  const next = line.charCodeAt(end);
  return end === line.length || (kindOf(next) >= character.blank && next !== code.colon) ? end : at;
}

/** The end of a word without a full stop, which is the sentence's; a path's dot is its own. */
export function withoutDots(line: string, at: number, end: number): number {
  if (line.charCodeAt(end - 1) !== code.dot || line.charCodeAt(at) === code.slash) return end;
  let last = end;
  while (last > at && line.charCodeAt(last - 1) === code.dot) last--;
  return last > at ? last : end;
}
