import type { DetailedError } from "@cedar-policy/cedar-wasm/nodejs";
import type { CareError } from "../../../loop/signal/care-error.ts";
import type { PolicySource } from "../../../ports/policy.ts";

/** Line and column, from 1, of an offset in UTF-16 units. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Cedar counts bytes of UTF-8; positions here count UTF-16 units. */
const unitsOfBytes = (text: string, bytes: number): number =>
  Buffer.from(text, "utf8").subarray(0, bytes).toString("utf8").length;

/** Offset of the first letter of a policy after blank lines and comments. */
export function firstWord(text: string): number {
  const lead = /^(\s|\/\/[^\n]*(\n|$))*/.exec(text);
  return lead?.[0].length ?? 0;
}

/** Where the text that Cedar complains about starts in its file. */
export interface Origin {
  readonly source: PolicySource;
  readonly text: string;
  readonly start: number;
  readonly path: string;
}

const sentence = (text: string): string => text.replace(/^failed to parse [a-z ]+: /, "").replace(/\.$/, "");

/** Cedar's error as a located error of the care repo. */
export function located(error: DetailedError, { source, text, start, path }: Origin): CareError {
  const label = error.sourceLocations?.[0];
  const whole = label === undefined || label.start === 0;
  const offset = whole ? firstWord(text) : unitsOfBytes(text, label.start);
  const expected = label?.label ?? "a policy valid for `schema.cedarschema`";
  return {
    file: source.file,
    ...positionAt(source.text, start + offset),
    path,
    message: sentence(error.message),
    expected: expected.replace(/^expected /, ""),
    fix: error.help ?? "see docs/reference/policy.md for what policies may say",
  };
}
