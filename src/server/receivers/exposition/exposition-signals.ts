import type { Identity, MetricSignal } from "../../../loop/signal/signal.ts";
import { textMax, type CleanText } from "../clean-text.ts";
import { histogramsOf } from "./histograms.ts";
import type { Exposition, Family } from "./parse-exposition.ts";
import { createdOf, type Measured, type Reading } from "./reading.ts";
import type { ExposedSample } from "./sample-line.ts";
import { attributeOf, metricName } from "./well-known.ts";

/** Who is scraped, when, and how its texts are cleaned. What the target says of its own identity does not count. */
export interface Scraped {
  readonly who: Identity;
  readonly nowMs: number;
  readonly clean: CleanText;
}

export interface ScrapedSignals {
  readonly signals: readonly MetricSignal[];
  readonly rejected: number;
  readonly why: string;
}

/** What was exposed, as the very signals that OTLP gives: gauges, cumulative counters and histograms. */
export function expositionSignals(exposition: Exposition, scraped: Scraped): ScrapedSignals {
  const signals: MetricSignal[] = [];
  let { rejected, why } = exposition;
  for (const family of exposition.families) {
    const read = readFamily(family);
    signals.push(...read.measured.map((m) => signalOf(family, m, scraped)));
    rejected += read.rejected;
    why ||= read.why;
  }
  return { signals, rejected, why };
}

function readFamily(family: Family): Reading {
  switch (family.type) {
    case "histogram":
      return histogramsOf(family);
    case "summary":
    case "gaugehistogram":
      return none(family, "the summary type, which cannot be added up: expose histograms");
    case "counter":
      return countersOf(family);
    case "gauge":
    case "info":
    case "stateset":
    case "unknown":
      return finite(family.samples, ({ value }) => ({ type: "gauge", value }));
  }
}

const none = ({ samples }: Family, why: string): Reading => ({ measured: [], rejected: samples.length, why });

/** A value that is no finite number is unknown, and no signal (B7). */
function finite(samples: readonly ExposedSample[], valueOf: (sample: ExposedSample) => MetricSignal["value"]): Reading {
  const good = samples.filter((s) => Number.isFinite(s.value));
  const rejected = samples.length - good.length;
  return {
    measured: good.map((s) => ({ labels: s.labels, timeMs: s.timeMs, value: valueOf(s) })),
    rejected,
    why: rejected > 0 ? "no value, or one that is not finite" : "",
  };
}

function countersOf({ name, samples }: Family): Reading {
  const created = createdOf(name, samples);
  const counts = samples.filter((s) => s.name !== `${name}_created`);
  return finite(counts, ({ value, labels }) => ({
    type: "counter",
    value,
    monotonic: true,
    delta: false,
    startMs: created(labels),
  }));
}

function signalOf(family: Family, { labels, timeMs, value }: Measured, { who, nowMs, clean }: Scraped): MetricSignal {
  const { name, unit } = metricName(family.name, family.unit);
  const attributes = labels.map(([label, text]) => attributeOf(family.name, label, text));
  return {
    kind: "metric",
    ...who,
    name: clean(name, textMax.name),
    unit: clean(unit, textMax.name),
    timeMs: timeMs ?? nowMs,
    attributes: Object.fromEntries(
      attributes.map(([label, text]) => [clean(label, textMax.name), clean(text, textMax.value)]),
    ),
    value,
  };
}
