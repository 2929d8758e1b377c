import { parseSample, type Dialect, type ExposedSample } from "./sample-line.ts";

export type FamilyType =
  "counter" | "gauge" | "histogram" | "summary" | "gaugehistogram" | "info" | "stateset" | "unknown";

/** Samples that belong together, under the name their metadata gives them. */
export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  /** As the target says, in OpenMetrics; `""` when it does not. */
  readonly unit: string;
  readonly samples: ExposedSample[];
}

export interface Exposition {
  readonly families: readonly Family[];
  /** Lines that are none, and samples that were there before. */
  readonly rejected: number;
  /** Why one of them was. */
  readonly why: string;
}

/** More samples, or more families, refuse the whole: a part would look like the whole (I11). */
export const expositionLimits = { samplesMax: 50_000, familiesMax: 10_000 } as const;

const types: ReadonlySet<string> = new Set([
  "counter",
  "gauge",
  "histogram",
  "summary",
  "gaugehistogram",
  "info",
  "stateset",
]);

/** What may stand behind a family's name in its samples' names. */
const suffixes: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: ["_total", "_created"],
  gauge: [],
  histogram: ["_bucket", "_sum", "_count", "_created"],
  summary: ["_sum", "_count", "_created"],
  gaugehistogram: ["_bucket", "_gsum", "_gcount"],
  info: ["_info"],
  stateset: [],
  unknown: [],
};
const anySuffix = /_(?:total|created|bucket|sum|count|gsum|gcount|info)$/;

/**
 * Reads Prometheus' text format 0.0.4 or OpenMetrics 1.0. A line that is none is left out and counted, as is a sample that was
 * there before. Returns a text when the whole is refused: too much of it, or OpenMetrics without its end, which was cut short.
 */
export function parseExposition(text: string, dialect: Dialect): Exposition | string {
  const reader = new Reader(dialect);
  let from = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
    const refused = reader.line(text.slice(from, end).replace(/\r$/, ""));
    if (refused !== undefined) return refused;
    from = end + 1;
  }
  return reader.finish(text.slice(from));
}

class Reader {
  readonly #dialect: Dialect;
  readonly #families = new Map<string, Family>();
  readonly #seen = new Set<string>();
  #rejected = 0;
  #why = "";
  #ended = false;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  line(line: string): string | undefined {
    if (line.startsWith("#")) return this.#comment(line);
    if (line.trim() === "") return undefined;
    const sample = this.#ended ? undefined : parseSample(line, this.#dialect);
    if (!sample) return this.#reject("a line that is no sample");
    const key = keyOf(sample);
    if (this.#seen.has(key)) return this.#reject("a sample that is there twice");
    if (this.#seen.size >= expositionLimits.samplesMax) return `more than ${expositionLimits.samplesMax} samples`;
    this.#seen.add(key);
    const family = this.#familyOf(sample.name);
    return typeof family === "string" ? family : void family.samples.push(sample);
  }

  /** A last line without its end may have been cut within its number. */
  finish(rest: string): Exposition | string {
    if (this.#dialect === "openmetrics" && rest.trim() === "# EOF") this.#ended = true;
    else if (rest.trim() !== "") this.#reject("a last line that is not ended");
    if (this.#dialect === "openmetrics" && !this.#ended) return "cut short: OpenMetrics ends in `# EOF`";
    const families = [...this.#families.values()].filter((f) => f.samples.length > 0);
    return { families, rejected: this.#rejected, why: this.#why };
  }

  #comment(line: string): string | undefined {
    if (line === "# EOF") this.#ended = true;
    const [, word, name = "", told = ""] =
      /^#[ \t]+(TYPE|UNIT)[ \t]+("(?:[^"\\]|\\.)*"|\S+)[ \t]+(\S+)[ \t]*$/.exec(line) ?? [];
    if (word === undefined) return undefined;
    const known = this.#family(name.replaceAll(/^"|"$/g, ""));
    if (typeof known === "string") return known;
    // Said again, or after its samples: the first word counts.
    if (word === "UNIT" && known.unit === "") this.#families.set(known.name, { ...known, unit: told });
    if (word === "TYPE" && known.type === "unknown" && types.has(told))
      this.#families.set(known.name, { ...known, type: told as FamilyType });
    return undefined;
  }

  #familyOf(sample: string): Family | string {
    const exact = this.#families.get(sample);
    if (exact) return exact;
    const suffix = anySuffix.exec(sample)?.[0] ?? "";
    const base = suffix === "" ? undefined : this.#families.get(sample.slice(0, -suffix.length));
    return base && suffixes[base.type].includes(suffix) ? base : this.#family(sample);
  }

  #family(name: string): Family | string {
    const known = this.#families.get(name);
    if (known) return known;
    if (this.#families.size >= expositionLimits.familiesMax)
      return `more than ${expositionLimits.familiesMax} families`;
    const made: Family = { name, type: "unknown", unit: "", samples: [] };
    this.#families.set(name, made);
    return made;
  }

  #reject(why: string): undefined {
    this.#rejected += 1;
    this.#why ||= why;
  }
}

/** The order of labels makes no other series. */
const keyOf = ({ name, labels }: ExposedSample): string =>
  labels.length === 0 ? name : JSON.stringify([name, labels.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
