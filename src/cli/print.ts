import { CommandError, exitCode } from "./exit.ts";

/** Characters that steer a terminal or turn the direction of text around. */
// oxlint-disable-next-line no-control-regex
const steering = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const steeringInJson = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** One line, safe for a terminal: untrusted text can neither steer it nor look like a line of ours (I9). */
export const plain = (line: string): string =>
  line.replaceAll(steering, (character) => (character === "\n" ? "⏎" : "\ufffd"));

/** JSON on one line that is also safe to look at: the same value, with what steers terminals escaped. */
const safeJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    steeringInJson,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** What a command has to say: one JSON document, or lines for a person. */
export function print(json: boolean, value: unknown, lines: () => readonly string[]): void {
  process.stdout.write(
    json
      ? `${safeJson(value)}\n`
      : lines()
          .map((line) => `${plain(line)}\n`)
          .join(""),
  );
}

/** Progress and warnings, for people: never on standard output. */
export const tell = (line: string): void => void process.stderr.write(`${plain(line)}\n`);

/**
 * Why a command did not do what it should. With `--json` one document on standard output, like every other answer:
 * `{"error": {"code", "message", "reasons"}}`. Else lines on standard error. Returns the exit code.
 */
export function printError(json: boolean, error: unknown): number {
  const known =
    error instanceof CommandError
      ? error
      : new CommandError(exitCode.failed, error instanceof Error ? error.message : String(error));
  const { code, message, reasons, exit } = known;
  if (json) process.stdout.write(`${safeJson({ error: { code, message, reasons } })}\n`);
  else {
    const [first = "", ...more] = [...message.split("\n"), ...reasons.map((r) => `  ${r}`)];
    [`homeostat: ${first}`, ...more].forEach(tell);
    if (error instanceof Error && known !== error) (error.stack ?? "").split("\n").slice(1).forEach(tell);
  }
  return exit;
}
