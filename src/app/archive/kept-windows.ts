import type { Service } from "../../loop/signal/service.ts";
import { declaredEdges } from "../../loop/signal/service.ts";
import type { Incident } from "../../loop/incident/incident.ts";
import { joinTopology, learnedForMs, type Topology } from "../../loop/incident/topology.ts";
import type { KeepingRules, KeptWindow } from "../../loop/keeping/keeping.ts";
import { windowsOf } from "../../loop/keeping/windows-of.ts";
import type { IncidentStore } from "../../ports/store.ts";
import type { TelemetryReader } from "../../ports/telemetry.ts";
import type { Naming } from "../sight/naming.ts";

export interface KeptWindowParts {
  readonly incidents: Pick<IncidentStore, "list">;
  /** By the care repo's names. */
  readonly telemetry: Pick<TelemetryReader, "edges">;
  readonly naming: Pick<Naming, "seen">;
  readonly services: () => readonly Service[];
}

/** Incidents looked at: those that live, and the newest of all (I11). */
const [liveMax, endedMax] = [500, 200];

/** The windows of incidents that live, or ended so lately that some of theirs may still wait to be written; by telemetry's names. */
export async function keptWindows(parts: KeptWindowParts, rules: KeepingRules, nowMs: number): Promise<KeptWindow[]> {
  const { incidents, telemetry, naming, services } = parts;
  const live = await incidents.list({ live: true, limit: liveMax });
  const ended = (await incidents.list({ live: false, limit: endedMax })).filter((i) => isRecent(i, rules, nowMs));
  const topologies = new Map<string, Topology>();
  for (const environment of new Set([...live, ...ended].map((i) => i.environment))) {
    const declared = services().filter((s) => s.environment === environment);
    topologies.set(
      environment,
      joinTopology(declaredEdges(declared), await telemetry.edges(environment, learnedForMs)),
    );
  }
  const windows = windowsOf([...live, ...ended], (e) => topologies.get(e) ?? { edges: [] }, rules);
  return windows.map((w) => ({ ...w, service: naming.seen(w.service, w.environment) }));
}

/** Telemetry waits for `beforeMs`; twice that is long enough also for what comes late. */
const isRecent = ({ endedAtMs = 0 }: Incident, { beforeMs, afterMs }: KeepingRules, nowMs: number): boolean =>
  endedAtMs + afterMs > nowMs - 2 * beforeMs - 60_000;
