import type { z } from "zod";
import { nearest } from "../../care/nearest.ts";
import { bytesOf } from "../csv/read-table.ts";
import { CommandError, exitCode } from "../exit.ts";
import type { Notes } from "./notes.ts";

const linesMax = 2_000_000;

/** A line of JSON each, checked; blank ones are passed over. Fails with the file and the line. */
export async function readJsonLines<T>(file: string, schema: z.ZodType<T>, known: Known, notes: Notes): Promise<T[]> {
  const lines = ((await textOf(file)) ?? "").split("\n");
  if (lines.length > linesMax) throw badFile(file, linesMax, "the file", `is longer than ${linesMax} lines: cut it`);
  return lines.flatMap((line, i) =>
    line.trim() === "" ? [] : [parsed({ file, line: i + 1, text: line, isLine: true }, schema, known, notes)],
  );
}

/** One document of JSON, checked; undefined when there is no such file. */
export async function readJson<T>(
  file: string,
  schema: z.ZodType<T>,
  known: Known,
  notes: Notes,
): Promise<T | undefined> {
  const text = await textOf(file);
  return text === undefined ? undefined : parsed({ file, line: 1, text, isLine: false }, schema, known, notes);
}

/** Members that are understood, of the document and of what is listed in it. */
export type Known = Readonly<Record<string, readonly string[]>>;

/** A mistake in a file of a bundle, with its place. */
export const badFile = (file: string, line: number, what: string, why: string): CommandError =>
  new CommandError(exitCode.invalid, `${file}:${line}: ${what}: ${why}`);

async function textOf(file: string): Promise<string | undefined> {
  const bytes = await bytesOf(file);
  try {
    return bytes?.toString("utf8").replace(/^\uFEFF/, "");
  } catch {
    throw badFile(file, 1, "the file", "is too long: cut it");
  }
}

interface Source {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** A line of many documents, rather than a document of several lines. */
  readonly isLine: boolean;
}

function parsed<T>(source: Source, schema: z.ZodType<T>, known: Known, notes: Notes): T {
  const { file, line } = source;
  const value = valueIn(source);
  const result = schema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const path = issue?.path.map(String) ?? [];
    throw badFile(
      file,
      line,
      `\`${path.join(".") || "the value"}\``,
      objection(issue?.message ?? "is invalid", value, path),
    );
  }
  tellUnknown(`${file}:${line}`, value, known, notes);
  return result.data;
}

function valueIn({ file, line, text, isLine }: Source): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const at = Number(/line (\d+) column/.exec(String(error))?.[1] ?? line);
    throw badFile(file, isLine ? line : at, "the line", "is no JSON");
  }
}

/** What is wrong with a member, and when it is not there, which one may be meant for it. */
function objection(message: string, value: unknown, path: readonly string[]): string {
  const [member = ""] = path;
  if (path.length !== 1 || !isObject(value) || member in value) return message.toLowerCase();
  const others = Object.keys(value).slice(0, 20);
  const meant = nearest(member, others);
  return `it is missing; ${meant === undefined ? `there is ${others.map((o) => `\`${o}\``).join(", ") || "nothing"}` : `did you mean it by \`${meant}\`?`}`;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function tellUnknown(where: string, value: unknown, known: Known, notes: Notes, of = ""): void {
  if (!isObject(value)) return;
  const members = known[of] ?? [];
  for (const [member, inner] of Object.entries(value)) {
    if (!members.includes(member)) {
      const open = members.filter((m) => !(m in value));
      notes.unknown(where, `\`${member.slice(0, 60)}\` is not read`, member, open);
    } else if (Array.isArray(inner)) for (const one of inner) tellUnknown(where, one, known, notes, member);
  }
}
