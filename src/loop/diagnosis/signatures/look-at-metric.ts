import type { MetricSeries } from "../../detection/metric-series.ts";
import type { Observations } from "./observations.ts";
import { canonical } from "./metric-names.ts";
import { matchesPattern, wordsOf } from "./pattern.ts";
import { missing, seen, unseen, type Answer } from "./sighting.ts";
import type { MetricCondition, MetricMatcher } from "./signature.ts";

/** Series of one matcher and points of one series that are looked at (I11). */
const seriesMax = 200;
const pointsMax = 500;
/** Points that make a middle value, and those a trend needs. */
const latestPoints = 3;
const trendPoints = 6;

export function lookAtMetric(matcher: MetricMatcher, at: Observations): Answer {
  const { names, attributes, condition } = matcher;
  const told = `metric ${names[0] ?? ""} of ${at.service}`;
  const wanted = new Set(names.map(canonical));
  const series = (at.metrics ?? [])
    .filter((s) => wanted.has(canonical(s.name)))
    .filter((s) =>
      Object.entries(attributes).every(([key, patterns]) => {
        const words = wordsOf((s.attributes[key] ?? "").slice(0, 200));
        return patterns.some((p) => matchesPattern(p, words));
      }),
    )
    .slice(0, seriesMax);
  const judged = series.map((s) => ({ s, verdict: judge(condition, s, at) }));
  const hit = judged.find(({ verdict }) => verdict.holds === true);
  if (hit) {
    const of = hit.s.instance === undefined ? "" : ` of ${hit.s.instance.slice(0, 60)}`;
    return seen("metric-says", `${hit.s.name.slice(0, 100)}${of} ${hit.verdict.text}`);
  }
  return judged.some(({ verdict }) => verdict.holds === false) ? unseen : missing(told);
}

/** `holds` is undefined where there was not enough to judge by. */
interface Verdict {
  readonly holds: boolean | undefined;
  readonly text: string;
}

const unknown: Verdict = { holds: undefined, text: "" };

function judge(condition: MetricCondition, series: MetricSeries, at: Observations): Verdict {
  switch (condition.is) {
    case "above":
    case "below":
      return judgeLevel(condition, series, at);
    case "grows":
    case "shrinks":
      return judgeTrend(condition, series);
    case "jumps":
    case "drops":
      return judgeStep(condition, series, at.onsetMs);
    case "stops":
      return judgeStop(series, at.onsetMs);
  }
}

function judgeLevel(
  { is, value, shareOf }: Extract<MetricCondition, { is: "above" | "below" }>,
  series: MetricSeries,
  at: Observations,
): Verdict {
  const now = middle(lately(series));
  const limit = shareOf.length === 0 ? 1 : middle(lately(limitOf(series, shareOf, at)));
  if (now === undefined || limit === undefined || limit <= 0) return unknown;
  const level = now / limit;
  const text = shareOf.length === 0 ? `is ${short(now)}` : `is at ${Math.round(level * 100)}% of ${short(limit)}`;
  return { holds: is === "above" ? level >= value : level <= value, text };
}

/** The limit with the very attributes of the series, else the only one of its instance. */
function limitOf(series: MetricSeries, names: readonly string[], at: Observations): MetricSeries | undefined {
  const wanted = new Set(names.map(canonical));
  const all = (at.metrics ?? []).filter((s) => wanted.has(canonical(s.name)) && s.instance === series.instance);
  const key = (s: MetricSeries): string =>
    JSON.stringify(Object.entries(s.attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return all.find((s) => key(s) === key(series)) ?? (all.length === 1 ? all[0] : undefined);
}

function judgeTrend({ is, value }: { readonly is: string; readonly value: number }, series: MetricSeries): Verdict {
  const values = valuesOf(series);
  if (values.length < trendPoints) return unknown;
  const third = Math.floor(values.length / 3);
  const [a, b, c] = [values.slice(0, third), values.slice(third, 2 * third), values.slice(-third)].map(
    (part) => middle(part) ?? 0,
  ) as [number, number, number];
  const holds = is === "grows" ? a > 0 && a < b && b < c && c / a >= value : c >= 0 && a > b && b > c && a >= value * c;
  return { holds, text: `went from ${short(a)} over ${short(b)} to ${short(c)}` };
}

function judgeStep(
  { is, value }: { readonly is: string; readonly value: number },
  series: MetricSeries,
  onsetMs: number,
): Verdict {
  const [before, since] = around(series, onsetMs).map(middle);
  if (before === undefined || since === undefined) return unknown;
  const holds = is === "jumps" ? since > 0 && since >= value * before : before > 0 && before >= value * since;
  return { holds, text: `was ${short(before)} before the first symptom and is ${short(since)} since` };
}

function judgeStop(series: MetricSeries, onsetMs: number): Verdict {
  const [before, since] = around(series, onsetMs);
  if (before.length < latestPoints || since.length < 2) return unknown;
  const moved = middle(before) ?? 0;
  return { holds: moved > 0 && since.every((v) => v === 0), text: `was ${short(moved)} and is 0 since` };
}

const around = ({ points }: MetricSeries, onsetMs: number): [number[], number[]] => {
  const kept = points.slice(-pointsMax).filter((p) => Number.isFinite(p.value));
  return [
    kept.filter((p) => p.timeMs < onsetMs).map((p) => p.value),
    kept.filter((p) => p.timeMs >= onsetMs).map((p) => p.value),
  ];
};

const valuesOf = (series: MetricSeries | undefined): number[] =>
  (series?.points.slice(-pointsMax) ?? []).map((p) => p.value).filter(Number.isFinite);
const lately = (series: MetricSeries | undefined): number[] => valuesOf(series).slice(-latestPoints);

function middle(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const short = (n: number): string => (Math.abs(n) >= 1e6 ? n.toExponential(2) : String(Number(n.toPrecision(3))));
