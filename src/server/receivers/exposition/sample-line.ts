/** One value as a target exposes it. Texts are untrusted and as they came. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** May be NaN or infinite: that is for whoever knows the type to judge. */
  readonly value: number;
  /** The sample's own time, where it has one. */
  readonly timeMs?: number;
}

/** The text format's two dialects: they differ in the unit of times, in families' names and in how they end. */
export type Dialect = "prometheus" | "openmetrics";

/** Longest line, most labels (I11). Leaving labels out would merge series that are not one, so a line with more is refused. */
export const lineLimits = { unitsMax: 16_384, labelsMax: 64 } as const;

/** A sample's line, or undefined when it is none. An exemplar behind it is passed over. */
export function parseSample(line: string, dialect: Dialect): ExposedSample | undefined {
  if (line.length > lineLimits.unitsMax) return undefined;
  const cursor = new Cursor(line);
  const named = seriesOf(cursor);
  if (!named) return undefined;
  cursor.blank();
  const value = numberOf(cursor.take(/[^\s#]+/y));
  if (value === undefined) return undefined;
  const time = cursor.blank() === "" ? "" : cursor.take(/[^\s#]+/y);
  cursor.blank();
  if (!cursor.ended() && !cursor.is("#")) return undefined;
  if (time === "") return { ...named, value };
  const timeMs = timeOf(time, dialect);
  return timeMs === undefined ? undefined : { ...named, value, timeMs };
}

/** The name, before the braces or within them, and the labels; without braces a blank has to follow. */
function seriesOf(cursor: Cursor): Pick<ExposedSample, "name" | "labels"> | undefined {
  const bare = cursor.take(/[a-zA-Z_:][a-zA-Z0-9_:]*/y);
  const gap = cursor.blank();
  if (!cursor.is("{")) return bare === "" || gap === "" ? undefined : { name: bare, labels: [] };
  const braced = labelsOf(cursor);
  if (!braced || (bare === "") === (braced.name === undefined)) return undefined;
  return { name: braced.name ?? bare, labels: braced.labels };
}

type Labels = { readonly name?: string; readonly labels: ExposedSample["labels"] };

/** What stands in braces: labels, and first the metric's name in quotes where it is no plain one (UTF-8 names). */
function labelsOf(cursor: Cursor): Labels | undefined {
  const labels = new Map<string, string>();
  const named: { name?: string } = {};
  for (let first = true; ; first = false) {
    cursor.blank();
    if (cursor.is("}")) return { labels: [...labels], ...named };
    const found = labelOf(cursor);
    if (!found || labels.has(found.label) || labels.size >= lineLimits.labelsMax) return undefined;
    if (found.value !== undefined) labels.set(found.label, found.value);
    else if (first && found.quoted) named.name = found.label;
    else return undefined;
    cursor.blank();
    if (!cursor.is(",") && !cursor.at("}")) return undefined;
  }
}

type LabelRead = { readonly label: string; readonly quoted: boolean; readonly value?: string };

/** One label and its value, or a name alone; undefined when neither is here. */
function labelOf(cursor: Cursor): LabelRead | undefined {
  const text = cursor.text();
  const label = text ?? cursor.take(/[a-zA-Z_][a-zA-Z0-9_]*/y);
  cursor.blank();
  if (label === "") return undefined;
  const read = { label, quoted: text !== undefined };
  if (!cursor.is("=")) return read;
  cursor.blank();
  const value = cursor.text();
  return value === undefined ? undefined : { ...read, value };
}

/** Reads a line from left to right. */
class Cursor {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  ended(): boolean {
    return this.#at >= this.#line.length;
  }

  at(character: string): boolean {
    return this.#line[this.#at] === character;
  }

  /** Steps over a character that is there. */
  is(character: string): boolean {
    if (!this.at(character)) return false;
    this.#at += 1;
    return true;
  }

  /** Takes what matches here; `""` when nothing does. The pattern is sticky. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#line) ?? [];
    this.#at += found.length;
    return found;
  }

  blank(): string {
    return this.take(/[ \t]*/y);
  }

  /** A text in double quotes, unescaped; undefined when none is here or it does not end. */
  text(): string | undefined {
    const found = this.take(/"(?:[^"\\]|\\.)*"/y);
    if (found === "") return undefined;
    return found.slice(1, -1).replaceAll(/\\(["\\n])/g, (_, c: string) => (c === "n" ? "\n" : c));
  }
}

const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** As Go reads floats, but for hexadecimal ones and underscores, which nobody exposes. */
function numberOf(text: string): number | undefined {
  if (plainNumber.test(text)) return Number(text);
  const [, sign, word] = /^([+-]?)(nan|inf|infinity)$/i.exec(text) ?? [];
  if (word === undefined) return undefined;
  if (word.toLowerCase() === "nan") return Number.NaN;
  return sign === "-" ? -Infinity : Infinity;
}

function timeOf(text: string, dialect: Dialect): number | undefined {
  if (dialect === "prometheus") return /^-?\d{1,16}$/.test(text) ? Number(text) : undefined;
  const seconds = numberOf(text);
  return seconds !== undefined && Number.isFinite(seconds) ? Math.round(seconds * 1_000) : undefined;
}
