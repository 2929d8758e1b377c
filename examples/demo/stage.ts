import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { verifyExport } from "../../src/loop/audit/verify.ts";
import { draw, type Draw, type Scenario } from "../shop/draw.ts";
import { inject } from "../shop/inject.ts";
import type { ShopLayout } from "../shop/layout.ts";
import { startShop } from "../shop/start.ts";
import { stopShop } from "../shop/stop.ts";
import type { Events } from "../shop/tool/change-event.ts";
import { differences, writeCareRepo } from "./care.ts";
import { freePort, newIngestToken, startHomeostat, type Homeostat } from "./homeostat.ts";
import type { Report } from "./report.ts";

export interface StageOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly say: (text: string) => void;
}

/** A scenario that is under way: its parts, until `end`. */
export interface Stage {
  readonly dir: string;
  readonly drawn: Draw;
  readonly layout: ShopLayout;
  readonly homeostat: Homeostat;
  /** Where and with which token the shop's tools tell of changes. */
  readonly events: Events;
  /** An exported audit log, held against the key Homeostat gave at its start. */
  audit(exported: string): Report["audit"];
  end(): Promise<void>;
}

/** What was started, ended in reverse order; once. */
interface Ends {
  add(end: () => Promise<void>): void;
  all(): Promise<void>;
}

/** Starts shop and Homeostat in a directory of their own. Whatever was started is ended when a part fails. */
export async function setTheStage(options: StageOptions): Promise<Stage> {
  const ends = collectEnds(options.say);
  const building = build(options, ends);
  endOnInterrupt(
    ends,
    building.catch(() => undefined),
  );
  try {
    return await building;
  } catch (error) {
    await ends.all();
    throw error;
  }
}

async function build({ scenario, seed, say }: StageOptions, ends: Ends): Promise<Stage> {
  const drawn = draw(seed, scenario);
  const environment = scenario === "needs-approval" ? "production" : "demo";
  const dir = await mkdtemp(join(tmpdir(), "homeostat-demo-"));
  ends.add(() => rm(dir, { recursive: true, force: true }));
  // As root, the database's own user has to get through to its data.
  await chmod(dir, 0o711);
  const [port, otlpPort, ingestToken] = [await freePort(), await freePort(), newIngestToken()];
  say("starting the shop: gateway, catalogue, cart, checkout, payment, two of each, and a store; visitors come");
  const shopDir = join(dir, "shop");
  ends.add(() => stopShop(shopDir));
  const otlpEndpoint = `http://127.0.0.1:${otlpPort}`;
  const layout = await startShop({ dir: shopDir, environment, otlpEndpoint, token: ingestToken, seed });
  if (scenario === "cold-start") await inject(drawn, layout);
  const [careDir, dataDir] = [join(dir, "care"), join(dir, "data")];
  await writeCareRepo(careDir, layout);
  say("its care repo differs from a fresh one in this:");
  for (const line of differences(environment !== "demo")) say(`  - ${line}`);
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  say("starting Homeostat on its embedded Postgres");
  const homeostat = await startHomeostat({ careDir, dataDir, port, otlpPort, ingestToken });
  ends.add(async () => {
    await homeostat.stop();
    await endDatabase(dataDir);
  });
  const events = { url: `${homeostat.ready.url}/v1/events`, token: ingestToken };
  return {
    dir,
    drawn,
    layout,
    homeostat,
    events,
    audit: (exported) => auditOf(exported, homeostat.ready.auditKey),
    end: () => ends.all(),
  };
}

/** Stages under way in this process, and when each of them stands: an interrupt, also one while they start, ends them all. */
const underWay = new Map<Ends, Promise<unknown>>();
const startedWithinMs = 30_000;
let heard = false;

function endOnInterrupt(ends: Ends, standing: Promise<unknown>): void {
  if (!heard) for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void endAll());
  heard = true;
  underWay.set(ends, standing);
}

/** What is just starting is let come up first: half of it could not be found again. */
async function endAll(): Promise<void> {
  const stages = [...underWay];
  const standing = Promise.all(stages.map(([, stands]) => stands));
  await Promise.race([standing, sleep(startedWithinMs)]);
  await Promise.all(stages.map(([ends]) => ends.all())).catch(() => undefined);
  process.exit(130);
}

function collectEnds(say: (text: string) => void): Ends {
  const ends: (() => Promise<void>)[] = [];
  const collected: Ends = {
    add: (end) => void ends.push(end),
    async all() {
      underWay.delete(collected);
      for (const end of ends.splice(0).toReversed())
        await end().catch((error: unknown) => say(`while ending: ${String(error)}`));
    },
  };
  return collected;
}

/** A Homeostat that was killed leaves its database running for its next start; the last one ends it. */
async function endDatabase(dataDir: string): Promise<void> {
  const text = await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number(text.split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  process.kill(pid, "SIGINT");
  await sleep(2_000);
}

function auditOf(exported: string, vkey: string): Report["audit"] {
  const verdict = verifyExport(Buffer.from(exported), { vkey });
  return verdict.ok
    ? { size: verdict.size, root: verdict.root, verified: true }
    : { size: 0, root: "", verified: false };
}
