import type { ComponentStatus } from "../../engine/operations.ts";
import type { Crowding } from "../../loop/detection/crowd.ts";

/** What sees everything is told too, so that it does not only show when something is wrong. */
const always = "metrics";

/** Parts that have more than they can look at, each with what it has too much of and what to do about it. */
export function crowdedStatus(crowded: readonly Crowding[]): ComponentStatus[] {
  const parts = new Set([always, ...crowded.map((c) => c.part)]);
  return [...parts].map((name) => {
    const details = crowded.filter((c) => c.part === name && c.worst.length > 0);
    const detail = details.map(({ worst, advice }) => `${worst.join("; ")}: ${advice}`).join("; ");
    return { name, state: detail === "" ? "ok" : "degraded", detail };
  });
}
