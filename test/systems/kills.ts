import { seededRandom } from "../../src/kernel/random.ts";
import type { IncidentView } from "../../src/engine/operations.ts";
import type { Incident } from "../../src/loop/incident/incident.ts";
import { compareWithLedger, type Compared } from "../../examples/demo/ledger.ts";
import { warmUpMs } from "../../examples/demo/play.ts";
import { setTheStage } from "../../examples/demo/stage.ts";
import { inject } from "../../examples/shop/inject.ts";
import { draw, type Scenario } from "../../examples/shop/draw.ts";
import { setTimeout as sleep } from "node:timers/promises";

/** Scenarios that heal by acting: the ones worth being killed in. */
const killable: readonly Scenario[] = [
  "bad-release",
  "bad-config",
  "bad-flag",
  "crash-loop",
  "dependency-down",
  "slow-release",
];
const healedWithinMs = 300_000;

export interface KillReport {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly killedAfterMs: number;
  readonly healed: boolean;
  readonly states: readonly string[];
  readonly compared: Compared;
  /** Audit keys that occur more than once: must be none. */
  readonly verified: boolean;
}

/**
 * Kills Homeostat with SIGKILL at a random moment of a heal, starts it again on the same data, and looks whether the
 * incident is healed with nothing lost and nothing done twice, by the shop's own ledger.
 */
export async function killOnce(seed: number, say: (text: string) => void): Promise<KillReport> {
  const random = seededRandom(seed);
  const scenario = killable[Math.floor(random() * killable.length)] ?? "bad-release";
  const stage = await setTheStage({ scenario, seed, say });
  try {
    await sleep(warmUpMs);
    let faultAtMs = Date.now();
    const drawn = draw(seed, scenario);
    await inject(drawn, stage.layout, {
      events: stage.events,
      onFault: (atMs) => (faultAtMs = atMs),
    });
    const incident = await firstIncident(() => stage.homeostat.get("/api/v1/incidents?limit=50"), faultAtMs);
    const killedAfterMs = Math.round(random() * 45_000);
    await sleep(killedAfterMs);
    say(`killing Homeostat ${killedAfterMs} ms into ${incident ?? "no incident"}`);
    await stage.homeostat.kill();
    await stage.homeostat.restart();
    const views = await settled(
      () => stage.homeostat.get("/api/v1/incidents?limit=50"),
      (id) => stage.homeostat.get(`/api/v1/incidents/${id}`),
      faultAtMs,
    );
    const exported = await stage.homeostat.text("/api/v1/audit");
    const healed = views.some((v) => v.incident.state === "resolved" && v.runs.some((r) => r.state === "succeeded"));
    if (!healed) for (const { incident: told } of views) tellStory(told, say);
    return {
      seed,
      scenario,
      killedAfterMs,
      healed,
      states: views.map((v) => v.incident.state),
      compared: await compareWithLedger(exported, stage.layout),
      verified: stage.audit(exported).verified,
    };
  } finally {
    await stage.end();
  }
}

/** What happened, so that a heal that came to nothing can be understood afterwards. */
function tellStory({ id, state, timeline }: Incident, say: (text: string) => void): void {
  say(`${id} ${state}:`);
  for (const { atMs, kind, text } of timeline) say(`  ${new Date(atMs).toISOString()} ${kind}: ${text}`);
}

type List = () => Promise<{ incidents: Incident[] }>;

async function firstIncident(list: List, sinceMs: number): Promise<string | undefined> {
  for (const until = Date.now() + 90_000; Date.now() < until; await sleep(500)) {
    const found = (await list()).incidents.find((i) => i.openedAtMs >= sinceMs);
    if (found) return found.id;
  }
  return undefined;
}

async function settled(
  list: List,
  show: (id: string) => Promise<IncidentView>,
  sinceMs: number,
): Promise<IncidentView[]> {
  for (const until = Date.now() + healedWithinMs; ; await sleep(1_000)) {
    const { incidents } = await list().catch(() => ({ incidents: [] as Incident[] }));
    const mine = incidents.filter((i) => i.openedAtMs >= sinceMs);
    const over =
      mine.length > 0 && mine.every((i) => ["resolved", "stood-down", "escalated", "closed"].includes(i.state));
    if (over || Date.now() > until) return Promise.all(mine.map((i) => show(i.id)));
  }
}
