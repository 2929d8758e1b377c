import type { Family } from "./parse-exposition.ts";
import { createdOf, seriesKeyOf, type Measured, type Reading } from "./reading.ts";
import type { ExposedSample } from "./sample-line.ts";

/** Most buckets of one histogram, as by OTLP. */
const bucketsMax = 1_024;

interface Parts {
  readonly labels: ExposedSample["labels"];
  readonly timeMs: number | undefined;
  readonly buckets: { readonly bound: number; readonly upTo: number }[];
  sum?: number;
  count?: number;
  samples: number;
}

/** Histograms of a family, each from its buckets, sum and count. One that contradicts itself, or lacks a part, is left out whole. */
export function histogramsOf(family: Family): Reading {
  const created = createdOf(family.name, family.samples);
  const all = [...partsOf(family).values()];
  const whole = all.map((parts) => ({ parts, measured: histogramOf(parts, created(parts.labels)) }));
  const rejected = whole.reduce((n, { parts, measured }) => n + (measured ? 0 : parts.samples), 0);
  return {
    measured: whole.flatMap(({ measured }) => measured ?? []),
    rejected,
    why: rejected > 0 ? "a histogram without its sum or count, or that contradicts itself" : "",
  };
}

function partsOf({ name, samples }: Family): Map<string, Parts> {
  const all = new Map<string, Parts>();
  for (const sample of samples) {
    if (sample.name === `${name}_created`) continue;
    const labels = sample.labels.filter(([label]) => label !== "le");
    const key = seriesKeyOf(labels);
    const parts = all.get(key) ?? { labels, timeMs: sample.timeMs, buckets: [], samples: 0 };
    all.set(key, parts);
    parts.samples += 1;
    if (sample.name === `${name}_sum`) parts.sum = sample.value;
    else if (sample.name === `${name}_count`) parts.count = sample.value;
    else parts.buckets.push({ bound: boundOf(sample), upTo: sample.value });
  }
  return all;
}

function boundOf({ labels }: ExposedSample): number {
  const text = labels.find(([label]) => label === "le")?.[1] ?? "";
  return text === "+Inf" ? Infinity : text.trim() === "" ? Number.NaN : Number(text);
}

/** Buckets hold what is at most their bound: each less the one before it is what falls between them. */
function histogramOf({ labels, timeMs, buckets, sum, count }: Parts, startMs: number): Measured | undefined {
  const sorted = buckets.toSorted((a, b) => a.bound - b.bound);
  const all = count ?? sorted.at(-1)?.upTo;
  if (sum === undefined || !Number.isFinite(sum) || all === undefined || !isCount(all)) return undefined;
  const bounds = sorted.slice(0, -1).map((b) => b.bound);
  const counts = sorted.map((b, i) => b.upTo - (sorted[i - 1]?.upTo ?? 0));
  if (sorted.length > bucketsMax || !isEnd(sorted.at(-1), all)) return undefined;
  if (!counts.every(isCount) || !bounds.every((b, i) => isAfter(b, bounds[i - 1]))) return undefined;
  const value = { type: "histogram", delta: false, startMs, count: all, sum, bounds } as const;
  return { labels, timeMs, value: { ...value, counts: sorted.length === 0 ? [all] : counts } };
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

/** The last bucket has no bound and holds all; a histogram may have no bucket at all. */
const isEnd = (last: Parts["buckets"][number] | undefined, all: number): boolean =>
  last === undefined || (last.bound === Infinity && last.upTo === all);

const isAfter = (bound: number, before: number | undefined): boolean =>
  Number.isFinite(bound) && (before === undefined || bound > before);
