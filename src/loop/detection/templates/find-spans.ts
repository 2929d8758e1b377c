import { character, kindOf } from "./characters.ts";
import { joinLists } from "./join-lists.ts";
import { bytesEnd, bytesUnit, calendarEnd, lessThanEnd, phraseEnd, portEnd } from "./phrase-end.ts";
import { pushSpan, spansMax, type Spans } from "./spans.ts";
import { isValue, wordSpans } from "./word-spans.ts";

/** A quoted text with blanks is a value up to this length. */
const quotedMax = 80;
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

const code = {
  quote: 34,
  apostrophe: 39,
  open: 40,
  close: 41,
  slash: 47,
  dot: 46,
  colon: 58,
  less: 60,
  equals: 61,
} as const;

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
  let end = isEllipsis(line, at) ? afterDots(line, at) : at;
  if (end > at) return end;
  let plain = true;
  for (; end < line.length; end++) {
    const kind = kindOf(line.charCodeAt(end));
    if (kind > character.joiner || isEllipsis(line, end)) break;
    plain &&= kind === character.letter;
  }
  const phrase = phraseFrom(line, at, end);
  const amount = phrase < 0 ? bytesFrom(line, at, end) : -1;
  if (phrase >= 0) pushSpan(spans, at, phrase);
  else if (amount >= 0) pushSpan(spans, at, amount, 0, bytesUnit);
  else wordAlone(line, at, plain ? end : withoutDots(line, at, end), plain, spans);
  return Math.max(end, phrase, amount, spans.count > 0 ? (spans.ends[spans.count - 1] as number) : 0);
}

function afterDots(line: string, at: number): number {
  let end = at;
  while (line.charCodeAt(end) === code.dot) end++;
  return end;
}

/** Two full stops or more part words. */
const isEllipsis = (line: string, at: number): boolean =>
  line.charCodeAt(at) === code.dot && line.charCodeAt(at + 1) === code.dot;

function phraseFrom(line: string, at: number, end: number): number {
  const first = line.charCodeAt(at);
  if (first === code.less) return lessThanEnd(line, at);
  if (first >= 65 && first <= 90 && calendarInitials.includes(line[at] as string)) {
    const date = calendarEnd(line, at);
    if (date >= 0) return date;
  }
  return phraseEnd(line, at, end, kindOf(first) === character.digit);
}

const bytesFrom = (line: string, at: number, end: number): number =>
  kindOf(line.charCodeAt(at)) === character.digit && line.startsWith(" bytes", end) ? bytesEnd(line, at) : -1;

/** A sentence's full stop is not part of its last word; a path's dot is. */
function withoutDots(line: string, at: number, end: number): number {
  if (line.charCodeAt(at) === code.slash) return end;
  let last = end;
  while (last > at && line.charCodeAt(last - 1) === code.dot) last--;
  return last > at ? last : end;
}

function wordAlone(line: string, at: number, end: number, plain: boolean, spans: Spans): void {
  if (isValue(line, at, end)) pushSpan(spans, at, end);
  else if (!plain && wordSpans(line, at, end, spans)) withPort(line, at, end, spans);
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

/** But for a name of a member, as in JSON: `"name": ` tells lines apart. */
function isQuoted(line: string, at: number, end: number): boolean {
  const before = line.charCodeAt(at - 1);
  if (before !== code.quote && before !== code.apostrophe) return false;
  return line.charCodeAt(end) === before && line.charCodeAt(end + 1) !== code.colon;
}
