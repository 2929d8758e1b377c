import type { Recording, Series } from "../../src/loop/diagnosis/rank/recording.ts";

/** A way to make a recording poorer, or to ask about a time in which nothing was wrong. */
export interface Withheld {
  readonly name: string;
  readonly change: (recording: Recording, index: number) => Recording;
  /** True when nothing is the right answer. */
  readonly isCalm?: boolean;
}

const fromOf = (r: Recording): number => r.window.fromMs ?? r.window.toMs;

const seriesWhere = (all: readonly Series[], keep: (timeMs: number) => boolean): Series[] =>
  all.map((s) => ({
    ...s,
    timesMs: s.timesMs.filter(keep),
    values: s.values.filter((_, i) => keep(s.timesMs[i] ?? NaN)),
  }));

/** One trace in `in` of those now, or in the past, by two digits of its id. */
function thinned(r: Recording, digit: number, from: "now" | "past"): Recording {
  const kept = (id: string) => Number.parseInt(id.slice(digit, digit + 2), 16) % 2 === 0;
  const spans = r.spans.filter((s) => s.startMs < fromOf(r) !== (from === "past") || kept(s.traceId));
  const ids = new Set(spans.map((s) => s.spanId));
  return { ...r, spans, logs: r.logs.filter((l) => l.spanId === undefined || ids.has(l.spanId)) };
}

const whole: Withheld = { name: "everything", change: (r) => r };

const petshopStepMs = 300_000;

/** A window of five points that ended so many points before the issue's. */
function calmPetshop(r: Recording, pointsAgo: number): Recording {
  const toMs = fromOf(r) - pointsAgo * petshopStepMs;
  return { ...r, window: { fromMs: toMs - 4 * petshopStepMs, toMs } };
}

/** By set: what is taken away from its recordings, so that confidence is seen where evidence is poor, and not only where all is right. */
export const withheld = {
  "nezha-trainticket": [
    whole,
    { name: "no logs", change: (r) => ({ ...r, logs: [] }) },
    { name: "no metrics", change: (r) => ({ ...r, series: [] }) },
    { name: "no traces", change: (r) => ({ ...r, spans: [] }) },
    { name: "half of the traces", change: (r) => thinned(r, 0, "now") },
    { name: "another half", change: (r) => thinned(r, 2, "now") },
    { name: "half of the history", change: (r) => thinned(r, 0, "past") },
  ],
  petshop: [
    whole,
    { name: "no symptoms", change: (r) => ({ ...r, symptoms: [] }) },
    { name: "no calls", change: (r) => ({ ...r, calls: [] }) },
    {
      name: "ten minutes earlier",
      change: (r) => ({ ...r, window: { ...r.window, toMs: r.window.toMs - 2 * petshopStepMs } }),
    },
    {
      name: "30 points of history",
      change: (r) => ({ ...r, series: seriesWhere(r.series, (t) => t >= fromOf(r) - 30 * petshopStepMs) }),
    },
    { name: "no fault", change: (r, i) => calmPetshop(r, 1 + 20 * i), isCalm: true },
    {
      name: "no fault, no symptoms",
      change: (r, i) => ({ ...calmPetshop(r, 9 + 20 * i), symptoms: [] }),
      isCalm: true,
    },
  ],
  "sock-shop-1": [
    whole,
    {
      name: "a minute of history",
      change: (r) => ({ ...r, series: seriesWhere(r.series, (t) => t >= 240_000) }),
    },
    { name: "no fault", change: (r) => ({ ...r, window: { toMs: 260_000 } }), isCalm: true },
  ],
} satisfies Record<string, readonly Withheld[]>;
