import type { Diagnosis } from "../loop/diagnosis/diagnosis.ts";
import { operationsMoved } from "../loop/diagnosis/operations-moved.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { gatherOperations } from "./gather-operations.ts";
import type { World } from "./world.ts";

/**
 * The diagnosis with what traces tell by now: they are whole some 20 s after they began, when a quick heal has long decided. What was
 * known when it decided stays as it was; what was done about it ends the time that is looked at. Reads memory only.
 */
export function withLateOperations(
  world: Pick<World, "traces" | "clock">,
  incident: Incident,
  diagnosis: Diagnosis,
): Diagnosis {
  if ((diagnosis.operations ?? []).length > 0) return diagnosis;
  const services = new Set([...diagnosis.hypotheses.map((h) => h.service), ...incident.services]);
  const actedMs = incident.timeline.find((entry) => entry.kind === "action")?.atMs ?? incident.endedAtMs;
  const { operations } = gatherOperations(world, incident, [...services], world.clock.nowMs(), actedMs);
  const moved = operationsMoved(operations ?? []);
  return moved.length > 0 ? { ...diagnosis, operations: moved } : diagnosis;
}
