import type { ComponentStatus } from "../../engine/operations.ts";
import type { Archiving } from "./archiving.ts";

/** How the archive fares: never worse than degraded, since all of the healing goes on without it. */
export function archiveStatus(archiving: Archiving, nowMs: number): ComponentStatus {
  const name = "telemetry archive";
  const why = archiving.whyNone();
  if (why !== "") return { name, state: "degraded", detail: `telemetry stays in memory: ${why}` };
  const told = [archiving.failure(), archiving.heldBack()];
  const troubles = [
    ...(archiving.archive()?.state().troubles ?? []),
    ...told.filter((text) => text !== ""),
    ...crowdedText(archiving, nowMs),
  ];
  return troubles.length === 0
    ? { name, state: "ok", detail: "" }
    : { name, state: "degraded", detail: troubles.join("; ") };
}

/** What was crowded is told for so long. */
const toldMs = 600_000;

/** A metric with more series than are kept apart, by name: somebody put an id into an attribute. */
function crowdedText({ room }: Archiving, nowMs: number): string[] {
  const { worst, crowdedPoints } = room.stats();
  if (!worst || worst.lastMs < nowMs - toldMs) return [];
  const where = worst.environment === "" ? worst.service : `${worst.service} in ${worst.environment}`;
  return [
    `${crowdedPoints} metric points share a series because their metric has too many, most of \`${worst.name}\` of ${where}: take \`${worst.attribute}\` off it`,
  ];
}
