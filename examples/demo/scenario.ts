import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { IncidentView } from "../../src/engine/operations.ts";
import type { Incident } from "../../src/loop/incident/incident.ts";
import { verifyExport } from "../../src/loop/audit/verify.ts";
import { draw, type Draw, type Scenario } from "../shop/draw.ts";
import { inject, injectSecond } from "../shop/inject.ts";
import type { ShopLayout } from "../shop/layout.ts";
import { startShop } from "../shop/start.ts";
import { stopShop } from "../shop/stop.ts";
import { differences, writeCareRepo } from "./care.ts";
import { freePort, newIngestToken, startHomeostat, type Homeostat } from "./homeostat.ts";
import { judge } from "./judge.ts";
import { compareWithLedger } from "./ledger.ts";
import { reportOf, type Outcome, type Report } from "./report.ts";

export interface ScenarioOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Approve as a second person when approval is awaited. */
  readonly approve: boolean;
  readonly say: (text: string) => void;
}

/** A scenario that is under way: its parts, until `end`. */
export interface Stage {
  readonly dir: string;
  readonly drawn: Draw;
  readonly layout: ShopLayout;
  readonly homeostat: Homeostat;
  readonly ingestToken: string;
  /** Whether an exported audit log holds against the key Homeostat gave at its start. */
  verify(exported: string): boolean;
  end(): Promise<void>;
}

/** How long the shop runs well before the fault, so that there is something to compare with. */
const warmUpMs = 50_000;
const settledWithinMs = 240_000;
/** After an outcome where nothing was to be done, this long nothing may be done either. */
const quietWatchMs: Partial<Record<Scenario, number>> = { "false-alarm": 40_000, "telemetry-loss": 75_000 };

/** Starts shop and Homeostat in a directory of their own. Whatever was started is ended when a part fails. */
export async function setTheStage({ scenario, seed, say }: ScenarioOptions): Promise<Stage> {
  const drawn = draw(seed, scenario);
  const environment = scenario === "needs-approval" ? "production" : "demo";
  const dir = await mkdtemp(join(tmpdir(), "homeostat-demo-"));
  // As root, the database's own user has to get through to its data.
  await chmod(dir, 0o711);
  const [port, otlpPort, ingestToken] = [await freePort(), await freePort(), newIngestToken()];
  const started: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
  const end = async (): Promise<void> => {
    for (const undo of started.splice(0).toReversed())
      await undo().catch((error: unknown) => say(`while ending: ${String(error)}`));
  };
  try {
    say("starting the shop: gateway, catalogue, cart, checkout, payment, two of each, and a store; visitors come");
    const shopDir = join(dir, "shop");
    started.push(() => stopShop(shopDir));
    const layout = await startShop({
      dir: shopDir,
      environment,
      otlpEndpoint: `http://127.0.0.1:${otlpPort}`,
      token: ingestToken,
      seed,
    });
    if (scenario === "cold-start") await strike(drawn, layout, undefined);
    await writeCareRepo(join(dir, "care"), layout);
    say("its care repo differs from a fresh one in this:");
    for (const line of differences(environment !== "demo")) say(`  - ${line}`);
    await mkdir(join(dir, "data"), { recursive: true, mode: 0o711 });
    say("starting Homeostat on its embedded Postgres");
    const homeostat = await startHomeostat({
      careDir: join(dir, "care"),
      dataDir: join(dir, "data"),
      port,
      otlpPort,
      ingestToken,
    });
    started.push(async () => {
      await homeostat.stop();
      await endDatabase(join(dir, "data"));
    });
    return {
      dir,
      drawn,
      layout,
      homeostat,
      ingestToken,
      verify: (exported) => auditOf(exported, homeostat.ready.auditKey).verified,
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A Homeostat that was killed leaves its database running for its next start; the last one ends it. */
async function endDatabase(dataDir: string): Promise<void> {
  const pid = Number(
    (await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8").catch(() => "")).split("\n")[0],
  );
  if (!Number.isInteger(pid) || pid <= 1) return;
  process.kill(pid, "SIGINT");
  await sleep(2_000);
}

const strike = (
  drawn: Draw,
  layout: ShopLayout,
  events: { url: string; token: string } | undefined,
  onFault?: (atMs: number) => void,
) => inject(drawn, layout, { ...(events ? { events } : {}), ...(onFault ? { onFault } : {}) });

/** Plays a scenario on its stage until it settled, and reports. */
export async function play(stage: Stage, { scenario, approve, say }: ScenarioOptions): Promise<Report> {
  const { drawn, homeostat } = stage;
  let faultAtMs = Date.now();
  if (scenario !== "cold-start") {
    say(`all is well; watching for ${warmUpMs / 1000} s what normal looks like`);
    await sleep(warmUpMs);
    const events = { url: `${homeostat.ready.url}/v1/events`, token: stage.ingestToken };
    await strike(drawn, stage.layout, events, (atMs) => {
      faultAtMs = atMs;
      say(`the fault: ${faultText(drawn)}`);
    });
  } else say(`the outage was there first: ${faultText(drawn)}`);
  const follower = follow(stage, say, approve);
  const outcome = await settle(stage, faultAtMs, follower, approve);
  const views = await follower.views(faultAtMs);
  const exported = await homeostat.text("/api/v1/audit");
  const audit = auditOf(exported, homeostat.ready.auditKey);
  const ledger = await compareWithLedger(exported, stage.layout);
  const report = reportOf({ drawn, faultAtMs, outcome, view: principal(views), audit });
  return { ...report, ledger, ...judge(drawn, outcome, views, audit.verified, ledger.disagreements) };
}

/** The incident the report is about: the one with a run, else the first. */
const principal = (views: readonly IncidentView[]): IncidentView | null =>
  views.find((v) => v.runs.some((r) => r.intents.length > 0)) ??
  views.find((v) => v.runs.length > 0) ??
  views[0] ??
  null;

interface Follower {
  views(sinceMs: number): Promise<IncidentView[]>;
  step(): Promise<void>;
}

/** Tells the timeline as it grows, approves when asked to, and ships the second release of deploy-mid-heal. */
function follow(stage: Stage, say: (text: string) => void, approve: boolean): Follower {
  const { homeostat, drawn } = stage;
  const told = new Set<string>();
  const done = new Set<string>();
  const views = async (sinceMs: number): Promise<IncidentView[]> => {
    const { incidents } = await homeostat.get<{ incidents: Incident[] }>("/api/v1/incidents?limit=100");
    const mine = incidents.filter((i) => i.openedAtMs >= sinceMs - 5_000).toReversed();
    return Promise.all(mine.map((i) => homeostat.get<IncidentView>(`/api/v1/incidents/${i.id}`)));
  };
  return {
    views,
    async step() {
      for (const view of await views(0)) {
        for (const entry of view.incident.timeline) {
          const key = `${view.incident.id} ${entry.record ?? entry.atMs} ${entry.text}`;
          if (!told.has(key)) say(`  ${entry.kind}: ${entry.text}`);
          told.add(key);
        }
        if (approve) await answer(view, homeostat, done, say);
        if (
          drawn.scenario === "deploy-mid-heal" &&
          view.runs.some((r) => r.intents.length > 0) &&
          !done.has("second")
        ) {
          done.add("second");
          say(`meanwhile somebody else ships ${drawn.second?.service} ${drawn.second?.version}`);
          await injectSecond(drawn, stage.layout, {
            url: `${homeostat.ready.url}/v1/events`,
            token: stage.ingestToken,
          });
        }
      }
    },
  };
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
  const { token } = await homeostat.post<{ token: string }>("/api/v1/tokens", {
    name: "second-person",
    scopes: ["read", "approve"],
    roles: ["approver"],
  });
  say(`a second person approves plan ${open.planDigest.slice(7, 19)}`);
  await homeostat.post(`/api/v1/approvals/${open.planDigest}`, { answer: "approve" }, token);
}

/** Waits until what was to happen happened, or until it is clear that it does not. */
async function settle(stage: Stage, faultAtMs: number, follower: Follower, approve: boolean): Promise<Outcome> {
  const { scenario } = stage.drawn;
  const untilMs = Date.now() + settledWithinMs;
  const quietUntilMs = faultAtMs + (quietWatchMs[scenario] ?? settledWithinMs);
  for (;;) {
    await sleep(1_000);
    await follower.step();
    const views = await follower.views(faultAtMs);
    const live = views.filter((v) => !["resolved", "stood-down", "closed", "escalated"].includes(v.incident.state));
    if (!approve && views.some((v) => v.incident.state === "awaiting-approval")) return "awaiting-approval";
    if (views.length > 0 && live.length === 0 && (quietWatchMs[scenario] === undefined || Date.now() > quietUntilMs))
      return outcomeOf(views);
    if (views.length === 0 && Date.now() > Math.min(quietUntilMs, untilMs)) return "stood-down";
    if (Date.now() > untilMs)
      return views.some((v) => v.decisions.some((d) => d.effect === "observe")) ? "observed" : "unfinished";
  }
}

/** Of all incidents of one fault, what happened: a heal counts, then a call for people, then that nothing was to be done. */
function outcomeOf(views: readonly IncidentView[]): Outcome {
  const stoodDownRun = views.some((v) => v.runs.some((r) => r.state === "stood-down" && r.intents.length > 0));
  if (stoodDownRun) return "stood-down";
  if (views.some((v) => v.incident.state === "escalated")) return "escalated";
  return views.some((v) => v.incident.state === "resolved" && v.runs.some((r) => r.state === "succeeded"))
    ? "healed"
    : "stood-down";
}

function auditOf(exported: string, vkey: string): Report["audit"] {
  const verdict = verifyExport(Buffer.from(exported), { vkey });
  return verdict.ok
    ? { size: verdict.size, root: verdict.root, verified: true }
    : { size: 0, root: "", verified: false };
}

const faultText = (drawn: Draw): string =>
  `${drawn.scenario}, ${drawn.culprit ?? "nobody is at fault"}${drawn.innocent ? `; an innocent release of ${drawn.innocent.release.service} lands ${Math.abs(drawn.innocent.offsetMs / 1000).toFixed(1)} s ${drawn.innocent.offsetMs < 0 ? "before" : "after"} it` : ""}`;
