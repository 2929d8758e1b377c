// Upholds I9: a line of a log is data. It is searched for fixed words, in time linear in its length, and never interpreted.
import { err, ok, type Result } from "../../../kernel/result.ts";

/** Bounds of a pattern (I11): its length, its gaps, and the letters or digits its longest piece has at least. */
export const patternMax = 200;
const gapsMax = 6;
const solidMin = 3;

/** A piece without gaps. Where it is bound, no letter, digit or `_` may touch it in the text. */
interface Piece {
  readonly text: string;
  readonly boundStart: boolean;
  readonly boundEnd: boolean;
}

/**
 * Words to find in a text, in this order, anywhere in it: `connect * refused`. A `*` stands for anything, also nothing; glued
 * to a word it lets the word go on, so that `timeout*` finds `timeouts` and `timeout` alone does not. Case and the kind and
 * number of spaces do not matter. Nothing else has a meaning: no anchors, no classes, no repetition.
 */
export interface Pattern {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** The longest piece: a text without it cannot match. */
  readonly solid: string;
}

export function parsePattern(text: string): Result<Pattern, string> {
  if (text.length > patternMax) return err(`is longer than ${patternMax} characters`);
  const clean = flat(text).trim();
  const raw = clean.split("*");
  if (raw.length - 1 > gapsMax) return err(`has more than ${gapsMax} gaps`);
  const pieces = raw.flatMap((piece, i) => pieceOf(piece, i > 0, i < raw.length - 1));
  const solid = pieces.map((p) => p.text).reduce((a, b) => (b.length > a.length ? b : a), "");
  if (solid.replaceAll(/[^\p{L}\p{N}]/gu, "").length < solidMin)
    return err(`has no piece of at least ${solidMin} letters or digits`);
  return ok({ text, pieces, solid });
}

function pieceOf(raw: string, gapBefore: boolean, gapAfter: boolean): Piece[] {
  const text = raw.trim();
  if (text === "") return [];
  const glued = { start: gapBefore && !raw.startsWith(" "), end: gapAfter && !raw.endsWith(" ") };
  return [
    {
      text,
      boundStart: !glued.start && isWordAt(text, 0),
      boundEnd: !glued.end && isWordAt(text, text.length - 1),
    },
  ];
}

/** Whether a text, as `flat` gives it, holds the pieces in their order: each is looked for from where the last one ended. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  let from = 0;
  for (const piece of pattern.pieces) {
    const at = placeOf(piece, text, from);
    if (at < 0) return false;
    from = at + piece.text.length;
  }
  return true;
}

function placeOf({ text: wanted, boundStart, boundEnd }: Piece, text: string, from: number): number {
  for (let at = text.indexOf(wanted, from); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const end = at + wanted.length;
    if ((!boundStart || !isWordAt(text, at - 1)) && (!boundEnd || !isWordAt(text, end))) return at;
  }
  return -1;
}

/** Letters, digits, `_` and everything beyond ASCII are parts of words. */
function isWordAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95 || code > 127;
}

/** Lower case, with one space where there was any white space: how texts and patterns are compared. */
export const flat = (text: string): string => text.toLowerCase().replaceAll(/\s+/g, " ");

/** `HostOutOfDiskSpace` and `host_out-of disk space` as the same words. */
export const wordsOf = (name: string): string =>
  flat(
    name
      .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
      .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
      .replaceAll(/[_\-.:]+/g, " "),
  );
