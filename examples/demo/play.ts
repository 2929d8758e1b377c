import { setTimeout as sleep } from "node:timers/promises";
import type { IncidentView } from "../../src/engine/operations.ts";
import { isLive } from "../../src/loop/incident/transition.ts";
import type { Draw, Scenario } from "../shop/draw.ts";
import { inject } from "../shop/inject.ts";
import { follow, type Follower } from "./follow.ts";
import { judge } from "./judge.ts";
import { compareWithLedger } from "./ledger.ts";
import { reportOf, type Outcome, type Report } from "./report.ts";
import type { Stage } from "./stage.ts";

export interface PlayOptions {
  /** Approve as a second person when approval is awaited. */
  readonly approve: boolean;
  readonly say: (text: string) => void;
}

/** How long the shop runs well before the fault, so that there is something to compare with. */
export const warmUpMs = 50_000;
const settledWithinMs: Partial<Record<Scenario, number>> = { "heal-fails": 480_000, "deploy-mid-heal": 360_000 };
const settledMs = 240_000;
/** Where nothing is to be done, nothing may be done for this long either. */
const quietWatchMs: Partial<Record<Scenario, number>> = { "false-alarm": 40_000, "telemetry-loss": 75_000 };

/** Plays a scenario on its stage until it settled, and reports. */
export async function play(stage: Stage, { approve, say }: PlayOptions): Promise<Report> {
  const { drawn, homeostat, layout } = stage;
  const faultAtMs = await strike(stage, say);
  const follower = follow(stage, say, approve);
  const outcome = await settle(drawn, faultAtMs, follower, approve);
  await follower.step();
  const views = await follower.views(faultAtMs);
  const exported = await homeostat.text("/api/v1/audit");
  const audit = stage.audit(exported);
  const ledger = await compareWithLedger(exported, layout);
  const report = reportOf({ drawn, faultAtMs, outcome, view: principal(views), audit });
  return { ...report, ledger, ...judge(drawn, outcome, views, audit.verified, ledger.disagreements) };
}

/** The fault, after a while of normal life; in cold-start it was there first. Gives when it began. */
async function strike({ drawn, layout, events }: Stage, say: (text: string) => void): Promise<number> {
  let faultAtMs = Date.now();
  if (drawn.scenario === "cold-start") {
    say(`the outage was there first: ${faultText(drawn)}`);
    return faultAtMs;
  }
  say(`all is well; watching for ${warmUpMs / 1000} s what normal looks like`);
  await sleep(warmUpMs);
  const onFault = (atMs: number): void => {
    faultAtMs = atMs;
    say(`the fault: ${faultText(drawn)}`);
  };
  await inject(drawn, layout, { events, onFault });
  return faultAtMs;
}

/** The incident the report is about: the one that was acted on, else one with a run, else the first. */
const principal = (views: readonly IncidentView[]): IncidentView | null =>
  views.find((v) => v.runs.some((r) => r.intents.length > 0)) ??
  views.find((v) => v.runs.length > 0) ??
  views[0] ??
  null;

/** Waits until what was to happen happened, or until it is clear that it does not. */
async function settle(drawn: Draw, faultAtMs: number, follower: Follower, approve: boolean): Promise<Outcome> {
  const untilMs = Date.now() + (settledWithinMs[drawn.scenario] ?? settledMs);
  const quietMs = quietWatchMs[drawn.scenario] ?? 0;
  for (;;) {
    await sleep(1_000);
    await follower.step();
    const views = await follower.views(faultAtMs);
    if (!approve && views.some((v) => v.incident.state === "awaiting-approval")) return "awaiting-approval";
    const watched = Date.now() > faultAtMs + quietMs;
    if (watched && views.every(isOver) && (views.length > 0 || quietMs > 0)) return outcomeOf(views);
    if (Date.now() > untilMs) return unsettled(views);
  }
}

function unsettled(views: readonly IncidentView[]): Outcome {
  if (views.length === 0) return "stood-down";
  return observed(views) ? "observed" : "unfinished";
}

const isOver = ({ incident }: IncidentView): boolean => !isLive(incident.state) || incident.state === "escalated";

const observed = (views: readonly IncidentView[]): boolean =>
  views.some((v) => v.decisions.some((d) => d.effect === "observe"));

/** Of all incidents of one fault: standing down from a run begun counts, then a call for people, then a heal. */
function outcomeOf(views: readonly IncidentView[]): Outcome {
  const runs = views.flatMap((v) => v.runs);
  if (runs.some((r) => r.state === "stood-down" && r.intents.length > 0)) return "stood-down";
  if (views.some((v) => v.incident.state === "escalated")) return "escalated";
  return runs.some((r) => r.state === "succeeded") ? "healed" : "stood-down";
}

function faultText({ scenario, culprit, innocent }: Draw): string {
  const where = `${scenario}, ${culprit ?? "nobody is at fault"}`;
  if (!innocent) return where;
  const seconds = Math.abs(innocent.offsetMs / 1000).toFixed(1);
  return `${where}; an innocent release of ${innocent.release.service} lands ${seconds} s ${innocent.offsetMs < 0 ? "before" : "after"} it`;
}
