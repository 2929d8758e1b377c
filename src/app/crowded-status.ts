import type { ComponentStatus } from "../engine/operations.ts";

/** Metrics of which not every stream is watched, because they have too many. */
export const crowdedStatus = (crowded: readonly string[]): ComponentStatus => ({
  name: "metrics",
  state: crowded.length === 0 ? "ok" : "degraded",
  detail:
    crowded.length === 0
      ? ""
      : `${crowded.join("; ")}: too many streams to watch them all; drop the attribute that tells them apart`,
});
