import { character, code, kindOf } from "./characters.ts";
import { joinLists } from "./join-lists.ts";
import { amountEnd, calendarEnd, lessThanEnd, phraseEnd, portEnd } from "./phrase-end.ts";
import { pushSpan, spansMax, type Spans } from "./spans.ts";
import { isParting, plainEnd, withoutDots, wordEnd } from "./word-end.ts";
import { isKey, isValue, wordSpans } from "./word-spans.ts";

/** A quoted text with blanks is a value up to this length. */
const quotedMax = 80;
/** A longer word is no name. */
const nameMax = 80;
const plainWords = /^[^\d/=:]* [^\d/=:]*$/;
/** First letters of the names of months and weekdays. */
const calendarInitials = "JFMASONDTW";

/** Words and marks looked at in one line (I11). */
const stepsMax = 200;

/**
 * Finds what is variable in a line by how it is written. The line has no control characters and no two blanks in a row. When it
 * `isCut`, or has too many words, what is left is one variable part.
 */
export function findSpans(line: string, spans: Spans, isCut = false): void {
  spans.count = 0;
  spans.cut = isCut;
  let at = 0;
  for (let steps = 0; at < line.length && spans.count < spansMax && steps < stepsMax;) {
    const kind = kindOf(line.charCodeAt(at));
    if (kind === character.blank) {
      at++;
      continue;
    }
    steps++;
    at = kind === character.delimiter ? delimiter(line, at, spans) : word(line, at, spans);
  }
  spans.cut ||= at < line.length;
  if (spans.cut) pushSpan(spans, at, line.length);
  joinLists(line, spans);
}

function delimiter(line: string, at: number, spans: Spans): number {
  const mark = line.charCodeAt(at);
  if (mark === code.quote) return quoted(line, at, spans);
  const next = line.charCodeAt(at + 1);
  if (mark === code.open && next === code.close && isBlankBefore(line, at)) pushSpan(spans, at + 1, at + 1, 1);
  return mark === code.colon && next === code.colon && isBlankBefore(line, at) ? shortAddress(line, at, spans) : at + 1;
}

/** A quoted text of several plain words after `=` is one value. */
function quoted(line: string, at: number, spans: Spans): number {
  const end = line.indexOf('"', at + 1);
  if (!isAfterKey(line, at) || end < at + 2 || end - at > quotedMax + 1) return at + 1;
  if (!plainWords.test(line.slice(at + 1, end))) return at + 1;
  pushSpan(spans, at + 1, end, 1);
  return end + 1;
}

const isBlankBefore = (line: string, at: number): boolean => at === 0 || line.charCodeAt(at - 1) === 32;

function shortAddress(line: string, at: number, spans: Spans): number {
  const end = phraseEnd(line, at, at, false);
  if (end < 0) return at + 1;
  pushSpan(spans, at, end);
  return end;
}

function word(line: string, at: number, spans: Spans): number {
  const letters = plainEnd(line, at);
  if (letters > at && !mayBeDate(line, at)) {
    plainWord(line, at, letters, spans);
    return letters;
  }
  const end = wordEnd(line, at);
  if (isParting(line, at)) return end;
  const phrase = phraseFrom(line, at, end);
  const amount = phrase < 0 ? amountFrom(line, at, end) : -1;
  if (phrase >= 0) pushSpan(spans, at, phrase);
  else if (amount >= 0) pushSpan(spans, at, amount, 0, amount - end);
  else wordAlone(line, at, withoutDots(line, at, end), spans);
  return spans.count === 0 ? end : Math.max(end, spans.ends[spans.count - 1] as number);
}

function phraseFrom(line: string, at: number, end: number): number {
  const first = line.charCodeAt(at);
  if (first === code.less) return lessThanEnd(line, at);
  const date = mayBeDate(line, at) ? calendarEnd(line, at) : -1;
  return date >= 0 ? date : phraseEnd(line, at, end, kindOf(first) === character.digit);
}

const mayBeDate = (line: string, at: number): boolean =>
  line.charCodeAt(at) <= 90 && calendarInitials.includes(line[at] as string);

/** An amount keeps its unit when that is always the same. */
const amountFrom = (line: string, at: number, end: number): number =>
  kindOf(line.charCodeAt(at)) === character.digit && line.charCodeAt(end) === 32 ? amountEnd(line, at) : -1;

function wordAlone(line: string, at: number, end: number, spans: Spans): void {
  if (wordSpans(line, at, end, spans)) withPort(line, at, end, spans);
  else plainWord(line, at, end, spans);
}

function plainWord(line: string, at: number, end: number, spans: Spans): void {
  if (isValue(line, at, end) || end - at > nameMax) pushSpan(spans, at, end);
  else if (isAfterKey(line, at) || isQuoted(line, at, end)) pushSpan(spans, at, end, 1);
}

/** What stands for a machine takes its port with it: `node-07-a:9000`. */
function withPort(line: string, at: number, end: number, spans: Spans): void {
  const last = spans.count - 1;
  if (line.charCodeAt(end) !== code.colon || spans.starts[last] !== at || spans.ends[last] !== end) return;
  const port = portEnd(line, end);
  if (port >= 0 && /[A-Za-z]/.test(line.slice(at, end))) spans.ends[last] = port;
}

/** `key=word`, `key = word`; not `==`, nor `=` at the start of a line. */
function isAfterKey(line: string, at: number): boolean {
  const equals = isBlankBefore(line, at) ? at - 2 : at - 1;
  return equals > 0 && line.charCodeAt(equals) === code.equals && line.charCodeAt(equals - 1) !== code.equals;
}

function isQuoted(line: string, at: number, end: number): boolean {
  const before = line.charCodeAt(at - 1);
  if (before !== code.quote && before !== code.apostrophe) return false;
  return line.charCodeAt(end) === before && !isKey(line, end);
}
