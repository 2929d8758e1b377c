import { compareOperations, growingMs, readFromMs } from "../loop/detection/traces/compare-operations.ts";
import { stepMs } from "../loop/detection/traces/operation-times.ts";
import type { Scene } from "../loop/diagnosis/scene.ts";
import type { Incident } from "../loop/incident/incident.ts";
import type { World } from "./world.ts";

/** Services looked at, and traces of each (I11). */
const servicesMax = 100;
const exemplarsMax = 50;

/** What whole traces say of the operations near an incident, before it began, and since then until `untilMs`. */
export function gatherOperations(
  { traces }: Pick<World, "traces">,
  { environment, sinceMs }: Pick<Incident, "environment" | "sinceMs">,
  services: readonly string[],
  nowMs: number,
  untilMs = nowMs,
): Pick<Scene, "operations"> {
  if (!traces) return {};
  // The step in which it began is of neither time; of what still grows, only what ended is known.
  const fromMs = Math.ceil(sinceMs / stepMs) * stepMs;
  const toMs = Math.max(fromMs, Math.min(nowMs, untilMs));
  const sinceLengthMs = Math.max(0, Math.min(toMs, nowMs - growingMs) - fromMs);
  const operations = services.slice(0, servicesMax).flatMap((service) => {
    const rows = traces
      .operations(service, environment, readFromMs(fromMs), toMs)
      .filter((row) => row.startMs + row.widthMs <= sinceMs || row.startMs >= fromMs);
    if (rows.length === 0) return [];
    const { since, before } = compareOperations(rows, fromMs, toMs);
    const exemplars = traces.exemplars(service, environment, fromMs, toMs).slice(0, exemplarsMax);
    return [{ service, since, before, sinceLengthMs, exemplars }];
  });
  return operations.length > 0 ? { operations } : {};
}
