import { hole, type Range } from "./key.ts";

/** Places of a key that are looked at (I11). */
const placesMax = 24;

/** A part of a key that may turn out to be one value. */
export interface Place extends Range {
  /** The word that stands there; not set when there is more than one word or mark. */
  readonly word: string | undefined;
  readonly isFirst: boolean;
}

interface Piece extends Range {
  readonly text: string;
  /** Whether a blank, or the start of the line, is before it. */
  readonly spaced: boolean;
}

const pattern = /[^\s,;:=|"'()[\]{}!\p{Cc}]+|[,;:=|"'()[\]{}!\p{Cc}]/gu;

/**
 * Where a key may be wider than it is: single words that name no value, as long as enough other words tell what the line is about,
 * and several words or marks between blanks or after a `=`.
 */
export function placesOf(key: string): Place[] {
  const pieces = piecesOf(key);
  return [...wordPlaces(pieces), ...chunkPlaces(pieces)].slice(0, placesMax);
}

/** Words, marks and holes; full stops at the end of a word are one by themselves. */
function piecesOf(key: string): Piece[] {
  const pieces: Piece[] = [];
  for (const { 0: text, index } of key.matchAll(pattern)) {
    const spaced = index === 0 || key[index - 1] === " ";
    const word = text.replace(/\.+$/, "").length || text.length;
    pieces.push({ text: text.slice(0, word), start: index, end: index + word, spaced });
    if (word < text.length)
      pieces.push({ text: text.slice(word), start: index + word, end: index + text.length, spaced: false });
  }
  return pieces;
}

function wordPlaces(pieces: readonly Piece[]): Place[] {
  const telling = pieces.filter(isTelling).length;
  return pieces.flatMap(({ text, start, end }, i) => {
    if (!/[A-Za-z\u0080-\uffff]/.test(text) || isKey(pieces, i)) return [];
    const others = telling - Number(/[A-Za-z\u0080-\uffff]{2}/.test(text));
    return others >= (i === 0 ? 2 : 1) ? [{ start, end, word: text, isFirst: i === 0 }] : [];
  });
}

/** `name =`, `"name":` */
const isKey = (pieces: readonly Piece[], i: number): boolean =>
  pieces[i + 1]?.text === "=" || (pieces[i + 1]?.text === '"' && pieces[i + 2]?.text === ":");

const isTelling = ({ text }: Piece): boolean => /[A-Za-z\u0080-\uffff]{2}/.test(text);

function chunkPlaces(pieces: readonly Piece[]): Place[] {
  const places: Place[] = [];
  for (let i = 0; i < pieces.length;) {
    let next = i + 1;
    while (next < pieces.length && pieces[next]?.spaced === false) next++;
    const value = valueOf(pieces.slice(i, next));
    const [first, last] = [value[0], value.at(-1)];
    if (first && last && first !== last)
      places.push({ start: first.start, end: last.end, word: undefined, isFirst: false });
    i = next;
  }
  return places;
}

const opener: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** Without the key before a `=`, and without marks at the end, unless they close what the value opened. */
function valueOf(chunk: readonly Piece[]): readonly Piece[] {
  const equals = chunk.findIndex(({ text }, i) => text === "=" && i + 1 < chunk.length);
  const value = chunk.slice(equals + 1);
  while (/^[,;:.)\]}]$/.test(value.at(-1)?.text ?? "")) {
    const opened = opener[value.at(-1)?.text ?? ""];
    if (opened && value.some((piece) => piece.text === opened)) break;
    value.pop();
  }
  return value;
}

/**
 * The ranges of `key` that are holes in `other`, when both have the same words and marks everywhere else; `undefined` when not.
 */
export function gapsBetween(key: string, other: string): Range[] | undefined {
  const [mine, theirs] = [piecesOf(key), piecesOf(other)];
  if (mine.length !== theirs.length) return undefined;
  const gaps: Range[] = [];
  for (const [i, piece] of mine.entries()) {
    const across = theirs[i]?.text;
    if (across === piece.text || piece.text === hole) continue;
    if (across !== hole) return undefined;
    gaps.push(piece);
  }
  return gaps;
}
