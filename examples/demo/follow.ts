import type { IncidentView } from "../../src/engine/operations.ts";
import type { Incident } from "../../src/loop/incident/incident.ts";
import { injectSecond } from "../shop/inject.ts";
import type { Homeostat } from "./homeostat.ts";
import type { Stage } from "./stage.ts";

/** Follows what Homeostat does, by its API, as anybody could. */
export interface Follower {
  views(sinceMs: number): Promise<IncidentView[]>;
  /** Tells what is new on the timelines; approves when asked to; ships the second release of deploy-mid-heal. */
  step(): Promise<void>;
}

export function follow(stage: Stage, say: (text: string) => void, approve: boolean): Follower {
  const told = new Set<string>();
  const done = new Set<string>();
  return {
    views: (sinceMs) => viewsSince(stage.homeostat, sinceMs),
    async step() {
      for (const view of await viewsSince(stage.homeostat, 0)) {
        tellNews(view, told, say);
        if (approve) await answer(view, stage.homeostat, done, say);
        await interfere(view, stage, done, say);
      }
    },
  };
}

async function viewsSince(homeostat: Homeostat, sinceMs: number): Promise<IncidentView[]> {
  const { incidents } = await homeostat.get<{ incidents: Incident[] }>("/api/v1/incidents?limit=100");
  // An incident that was live when the fault came may be the one that took it in.
  const mine = incidents.filter((i) => (i.endedAtMs ?? Infinity) >= sinceMs).toReversed();
  return Promise.all(mine.map((i) => homeostat.get<IncidentView>(`/api/v1/incidents/${i.id}`)));
}

function tellNews({ incident }: IncidentView, told: Set<string>, say: (text: string) => void): void {
  for (const entry of incident.timeline) {
    const key = `${incident.id} ${entry.record ?? entry.atMs} ${entry.text}`;
    if (!told.has(key)) say(`  ${entry.kind}: ${entry.text}`);
    told.add(key);
  }
}

async function answer(
  view: IncidentView,
  homeostat: Homeostat,
  done: Set<string>,
  say: (text: string) => void,
): Promise<void> {
  const open = view.approvals.find((a) => a.state === "open");
  if (!open || done.has(open.planDigest)) return;
  done.add(open.planDigest);
  const wanted = { name: "second-person", scopes: ["read", "approve"], roles: ["approver"] };
  const { token } = await homeostat.post<{ token: string }>("/api/v1/tokens", wanted);
  say(`a second person approves plan ${open.planDigest.slice(7, 19)}`);
  await homeostat.post(`/api/v1/approvals/${open.planDigest}`, { answer: "approve" }, token);
}

/** In deploy-mid-heal somebody else ships on the culprit as soon as the heal has begun to act. */
async function interfere(
  view: IncidentView,
  { drawn, layout, events }: Stage,
  done: Set<string>,
  say: (text: string) => void,
): Promise<void> {
  const acting = view.runs.some((r) => r.intents.length > 0);
  if (drawn.scenario !== "deploy-mid-heal" || !acting || done.has("second")) return;
  done.add("second");
  say(`meanwhile somebody else ships ${drawn.second?.service} ${drawn.second?.version}`);
  await injectSecond(drawn, layout, events);
}
