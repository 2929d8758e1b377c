import { character, kindOf } from "./characters.ts";
import { pushSpan, type Spans } from "./spans.ts";

/** Words that are values wherever they stand: booleans, nothing, and the accounts every system has (Khan et al., ICSE 2022). */
const values: ReadonlySet<string> = new Set(["true", "false", "null", "root", "admin"]);
const valueLengthMax = 5;

const amount = /^[-+]?[\d.,]+$/;
const percentage = /^[-+]?[\d.,]+%$/;
const numbersOverNumbers = /^\d+(?:\/\d+)+$/;
const symbolsAndNumber = /^[^A-Za-z\d\u0080-\uffff]*?(?=[-+]?\d)(?=[^A-Za-z\u0080-\uffff]+$)/;
const startsWithNumber = /^[-+.]?\d/;
const mark = /[@#]+/;
const hexadecimal = /^[0-9a-fA-F]{6,}$/;
const hash = /^[0-9a-f]+$/;
const version = /^v\d[\d.]*$/;
const nameAndNumber = /^[A-Za-z]+(?:\/(?=\d+(?:\.\d+)*$)|[/.-](?=[-+]?\d+$))/;
const threeParts = /[.~-].*[.~-]/;
const numbered = /^[A-Za-z]+_-?\d/;
const path = /^(?:\/[^/]+)+\/?$/;
const dottedName = /^[\w$-]+(?:\.[\w$-]+){2,}$/;
/** So many digits are an id; a name has fewer. */
const idDigits = 4;

/**
 * Adds the variable parts of the word at `[start, end)` and answers whether it has any. By and large, what varies by nature: numbers, ids,
 * hexadecimal, paths, dotted names of at least three parts; but not the number in a name, such as `ssh2`.
 */
export function wordSpans(line: string, start: number, end: number, spans: Spans): boolean {
  const word = line.slice(start, end);
  const before = spans.count;
  if (hasDigit(word)) numberSpans(word, start, spans);
  else if (!isKey(line, end) && isNameOfThing(word)) pushSpan(spans, start, end);
  return spans.count > before;
}

/** Whether the word that ends here names a value: `name=`, `"name":`. It tells lines apart. */
export const isKey = (line: string, end: number): boolean =>
  line.charCodeAt(end) === 61 || (line.charCodeAt(end) === 34 && line.charCodeAt(end + 1) === 58);

/** Whether a word of letters is a value by itself. */
export const isValue = (line: string, start: number, end: number): boolean =>
  end - start <= valueLengthMax && end - start >= 4 && values.has(line.slice(start, end).toLowerCase());

function hasDigit(word: string): boolean {
  for (let i = 0; i < word.length; i++) if (kindOf(word.charCodeAt(i)) === character.digit) return true;
  return false;
}

function isNameOfThing(word: string): boolean {
  const slash = word.indexOf("/");
  if (slash >= 0) {
    if (slash === 0 && path.test(word)) return true;
    if (word.includes(".") || (word.includes("/", slash + 1) && /\w/.test(word))) return true;
  }
  if (word.length > 3 && word.includes("\\")) return true;
  return dottedName.test(word);
}

function numberSpans(word: string, at: number, spans: Spans): void {
  const whole = at + word.length;
  if (amount.test(word)) return pushSpan(spans, at, whole);
  if (percentage.test(word)) return pushSpan(spans, at, whole - 1);
  if (numbersOverNumbers.test(word)) return eachNumber(word, at, spans);
  const marked = mark.exec(word);
  if (marked) return markedSpans(word, marked.index, marked[0], at, spans);
  if (isId(word)) return pushSpan(spans, at, whole);
  const symbols = symbolsAndNumber.exec(word);
  if (symbols) return pushSpan(spans, at + symbols[0].length, whole);
  const named = nameAndNumber.exec(word);
  if (named) return pushSpan(spans, at + named[0].length, whole);
  if (isCompound(word)) pushSpan(spans, at, whole);
}

function eachNumber(word: string, at: number, spans: Spans): void {
  let start = at;
  for (const part of word.split("/")) {
    pushSpan(spans, start, start + part.length);
    start += part.length + 1;
  }
}

/** `Name@1a2b3c` is a name and a hash, both variable; else what is around `@` and `#` is looked at by itself. */
function markedSpans(word: string, index: number, found: string, at: number, spans: Spans): void {
  const [left, right] = [word.slice(0, index), word.slice(index + found.length)];
  const rightAt = at + index + found.length;
  if (left !== "" && found === "@" && hash.test(right)) {
    pushSpan(spans, at, at + left.length);
    return pushSpan(spans, rightAt, rightAt + right.length);
  }
  if (hasDigit(left)) numberSpans(left, at, spans);
  else if (isNameOfThing(left)) pushSpan(spans, at, at + left.length);
  if (hasDigit(right)) numberSpans(right, rightAt, spans);
}

const isId = (word: string): boolean =>
  startsWithNumber.test(word) ||
  word.startsWith("/") ||
  word.includes("\\") ||
  hexadecimal.test(word) ||
  version.test(word);

const isCompound = (word: string): boolean =>
  word.includes("/") ||
  threeParts.test(word) ||
  numbered.test(word) ||
  digitsOf(word) >= idDigits ||
  word.split("-").filter(hasDigit).length >= 2;

function digitsOf(word: string): number {
  let digits = 0;
  for (let i = 0; i < word.length; i++) digits += Number(kindOf(word.charCodeAt(i)) === character.digit);
  return digits;
}
