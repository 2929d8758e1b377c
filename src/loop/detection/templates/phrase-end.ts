const clock = String.raw`\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?`;
const month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*";
const weekday = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*";

const calendar = new RegExp(
  String.raw`(?:${weekday},? +)?${month} +\d{1,2},? +(?:\d{4} +)?${clock}(?: +[A-Z]{3,4})?(?: +\d{4})?(?!\w)`,
  "y",
);
const iso = new RegExp(String.raw`\d{4}-\d{1,2}-\d{1,2}[T ]${clock}(?:Z|[+-]\d\d:?\d\d)?`, "y");
const url = /[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s,;"'()[\]{}<>|]*[^\s,;"'()[\]{}<>|.:!?]/y;
const drive = /[A-Za-z]:\\[^\s"'<>|,;]*/y;
const hardware = /(?:[0-9a-fA-F]{1,4}:){4,}[0-9a-fA-F]{1,4}(?![\w:])/y;
const shortAddress = /(?:[0-9a-fA-F]{1,4}:)*[0-9a-fA-F]{0,4}::(?:[0-9a-fA-F]{1,4}:)*[0-9a-fA-F]{1,4}(?![\w:])/y;
const time = /\d{1,3}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?![\w:])/y;
/** A name of at least two parts and a port: `db.example:5432`, `10.0.0.7:80`. One without a dot could be a key with its number. */
const host = /[A-Za-z0-9](?:[a-z0-9_-]*\.)+[a-z0-9-]{2,}:\d{1,5}(?![\w.])/y;
const address = /(?:\d{1,3}\.){3}\d{1,3}:\d{1,5}(?![\w.])/y;
const pathAndPort = /(?:\/[\w.-]+)+:\d{1,5}(?![\w.])/y;
const port = /:\d{2,5}(?![\w.:])/y;
const spelledSize = /\d[\d,.]* bytes \(\d[\d.,]* ?[KMGT]i?B\)/y;
const amount = /\d[\d,.]* (?:bytes|[KMGTP]?i?B)(?!\w)/y;
const lessThan = /<\d+ (?:sec|ms|s|min)(?!\w)/y;

const ofColon = [url, drive, hardware, shortAddress, address, host, pathAndPort];
const ofDigitAndColon = [iso, hardware, shortAddress, time, address, host];
const ofDigitAndBlank = [iso, spelledSize];

/** Where an amount of bytes that starts at `at` ends, with its unit; -1 when there is none. */
export const amountEnd = (line: string, at: number): number => endOf(amount, line, at);

/** Where the port ends that begins with a colon at `at`; -1 when there is none. */
export const portEnd = (line: string, at: number): number => endOf(port, line, at);

/** Where a date spelled with names ends that starts at `at`; -1 when there is none. */
export const calendarEnd = (line: string, at: number): number => endOf(calendar, line, at);

/** Where `<1 sec` ends that starts at `at`; -1 when there is none. */
export const lessThanEnd = (line: string, at: number): number => endOf(lessThan, line, at);

/**
 * Where a value of several words ends that starts with the word `[at, wordEnd)`: a time, a date, an address with its port, a URL,
 * a size with its unit. -1 when the word stands for itself.
 */
export function phraseEnd(line: string, at: number, wordEnd: number, startsWithDigit: boolean): number {
  const next = line.charCodeAt(wordEnd);
  const before = line.charCodeAt(at - 1);
  if (before === 58 || before === 46) return -1;
  if (next === 58) return firstEnd(startsWithDigit ? ofDigitAndColon : ofColon, line, at);
  return startsWithDigit && next === 32 ? firstEnd(ofDigitAndBlank, line, at) : -1;
}

function firstEnd(patterns: readonly RegExp[], line: string, at: number): number {
  for (const pattern of patterns) {
    const end = endOf(pattern, line, at);
    if (end >= 0) return end;
  }
  return -1;
}

function endOf(pattern: RegExp, line: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(line) ? pattern.lastIndex : -1;
}
