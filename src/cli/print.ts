import { shownOnOneLine } from "../kernel/one-line.ts";
import type { CommandError } from "./exit.ts";

const steeringInJson = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** One line, safe for a terminal: untrusted text can neither steer it nor look like a line of ours (I9). */
const plain = shownOnOneLine;

/** JSON on one line that is also safe to look at: the same value, with what steers terminals escaped. */
const safeJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    steeringInJson,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

let answered = false;

/** What a command has to say: one JSON document, or lines for a person. */
export function print(json: boolean, value: unknown, lines: () => readonly string[]): void {
  answered = true;
  const text = json
    ? `${safeJson(value)}\n`
    : lines()
        .map((line) => `${plain(line)}\n`)
        .join("");
  process.stdout.write(text);
}

/** Progress and warnings, for people: never on standard output. */
export const tell = (line: string): void => void process.stderr.write(`${plain(line)}\n`);

/**
 * Why a command did not do what it should: lines on standard error, for people and logs. With `json` also a document on
 * standard output, `{"error": {"code", "message", "reasons"}}`, unless the command's one document is out already.
 */
export function printError(json: boolean, error: CommandError): void {
  const { code, message, reasons } = error;
  if (json && !answered) process.stdout.write(`${safeJson({ error: { code, message, reasons } })}\n`);
  const [first = "", ...more] = [...message.split("\n"), ...reasons.map((r) => `  ${r}`)];
  if (!error.told) [`homeostat: ${first}`, ...more].forEach(tell);
}
