import { deviationsOf } from "./deviations.ts";
import type { Harm, Loss } from "./losses.ts";
import type { RankSettings } from "./rank-settings.ts";
import type { Symptom } from "./recording.ts";
import { sum } from "./sample.ts";
import { cut, isNow, type Timeline } from "./timeline.ts";

/** What is lost at the symptoms in the window. */
export interface Hurt {
  /** The share of it that a loss elsewhere explains, 0 to 1: each moment's at most as far as that loss goes at that moment. */
  explainedBy(byTime: ReadonlyMap<number, number>): number;
  /** How surprising it is; infinite when a symptom names this harm. */
  readonly nats: number;
}

/** Undefined when no symptom counts its requests, or none of them loses any. */
export function hurtOf(
  losses: ReadonlyMap<string, Loss>,
  symptoms: readonly Symptom[],
  harm: Harm,
  at: Timeline,
  settings: RankSettings,
): Hurt | undefined {
  const hurt = symptoms.filter((s) => losses.has(s.place));
  if (hurt.length === 0) return undefined;
  const byTime = new Map<number, number>();
  for (const place of new Set(hurt.map((s) => s.place)))
    for (const [t, lost] of losses.get(place)?.byTime ?? [])
      if (isNow(at, t)) byTime.set(t, (byTime.get(t) ?? 0) + Math.max(0, lost));
  const total = sum(byTime.values());
  const named = hurt.some((s) => s.dimension === undefined || s.dimension === harm);
  return {
    explainedBy: (own) =>
      total > 0 ? sum([...byTime].map(([t, lost]) => Math.min(lost, Math.max(0, own.get(t) ?? 0)))) / total : 0,
    nats: named ? Infinity : surpriseOf(losses, hurt, at, settings),
  };
}

/** Of the most surprising symptom. */
function surpriseOf(
  losses: ReadonlyMap<string, Loss>,
  hurt: readonly Symptom[],
  at: Timeline,
  settings: RankSettings,
): number {
  const all = [...losses].map(([place, { byTime, usual }]) => ({
    place,
    cut: cut(at, { timesMs: [...byTime.keys()], values: [...byTime.values()] }),
    floor: settings.scaleFloor * usual || 1,
  }));
  const found = deviationsOf(all, settings, { upOnly: true }).filter((d) => hurt.some((s) => s.place === d.place));
  return Math.max(0, ...found.map((d) => d.nats));
}
