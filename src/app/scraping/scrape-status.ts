import type { ComponentStatus } from "../../engine/operations.ts";
import type { InstanceDown } from "../../loop/diagnosis/scene-metrics.ts";

const shownMax = 5;

/** A target that is due for several intervals and is not asked, since others hold all places. */
export interface StarvedTarget {
  readonly service: string;
  readonly instance: string;
  readonly waitedMs: number;
}

/**
 * Targets that do not answer and targets that are not asked, by name: what is not looked at is not healthy (I6). `beyond`: how many are
 * declared beyond the bound.
 */
export function scrapeStatus(
  targets: number,
  beyond: number,
  failing: readonly InstanceDown[],
  starved: readonly StarvedTarget[],
): ComponentStatus[] {
  if (targets === 0) return [];
  const details = [
    ...shown(failing.map((f) => `${f.instance} of ${f.service}: ${f.why}`)),
    ...shown(
      starved.map(
        (s) =>
          `${s.instance} of ${s.service}: not asked for ${Math.round(s.waitedMs / 1_000)} s, others hold all places`,
      ),
    ),
    ...(beyond > 0 ? [`${beyond} targets beyond ${targets} are never asked`] : []),
  ];
  return [
    details.length === 0
      ? { name: "scrape targets", state: "ok", detail: `${targets} targets` }
      : { name: "scrape targets", state: "degraded", detail: details.join("; ") },
  ];
}

const shown = (all: readonly string[]): string[] =>
  all.length > shownMax ? [...all.slice(0, shownMax), `${all.length - shownMax} more`] : [...all];
