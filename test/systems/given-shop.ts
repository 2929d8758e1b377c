import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeCareRepo } from "../../examples/demo/care.ts";
import { freePort, newIngestToken } from "../../examples/demo/homeostat.ts";
import { compareWithLedger, type Compared } from "../../examples/demo/ledger.ts";
import type { ShopLayout } from "../../examples/shop/layout.ts";
import { startShop } from "../../examples/shop/start.ts";
import { stopShop } from "../../examples/shop/stop.ts";
import type { LedgerLine } from "../../examples/shop/supervisor/ledger.ts";
import type { IncidentView } from "../../src/engine/operations.ts";
import { startController, type Controller, type UpOptions } from "./controller.ts";

/** Long enough for a state to count as good and for a rate to be usual. */
export const warmUpMs = 40_000;

/** A shop with visitors, its care repo, and room for the Homeostats that look after it. Everything ends with `end`. */
export interface GivenShop {
  readonly dir: string;
  readonly layout: ShopLayout;
  readonly careDir: string;
  readonly dataDir: string;
  readonly ingestToken: string;
  /** Where the shop sends its telemetry. */
  readonly otlpPort: number;
  /** A Homeostat on this care repo; ended with everything else. */
  up(options?: Partial<UpOptions>): Promise<Controller>;
  /** Ends together with the rest, before what was there earlier. */
  also(end: () => Promise<unknown>): void;
  /** What outsiders did to the shop, as its supervisor saw it: no word of the shop's own doing. */
  effects(): Promise<LedgerLine[]>;
  /** The log against the shop's own ledger. */
  compare(exported: string): Promise<Compared>;
  end(): Promise<void>;
}

export async function givenShop(environment = "demo"): Promise<GivenShop> {
  const dir = await mkdtemp(join(tmpdir(), "homeostat-systems-"));
  const ends: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const end = async (): Promise<void> => {
    for (const undo of ends.splice(0).toReversed()) await undo().catch((error: unknown) => console.error(error));
  };
  const [careDir, dataDir, shopDir] = ["care", "data", "shop"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const [otlpPort, ingestToken] = [await freePort(), newIngestToken()];
  try {
    ends.push(() => stopShop(shopDir));
    const otlpEndpoint = `http://127.0.0.1:${otlpPort}`;
    const layout = await startShop({ dir: shopDir, environment, otlpEndpoint, token: ingestToken, seed: 1 });
    await writeCareRepo(careDir, layout);
    return {
      dir,
      layout,
      careDir,
      dataDir,
      ingestToken,
      otlpPort,
      end,
      async up(options) {
        const wanted = { care: careDir, data: dataDir, otlpPort, ingestToken, ...options };
        ends.push(() => endDatabase(wanted.data));
        const controller = await startController(wanted);
        ends.push(() => controller.stop());
        return controller;
      },
      also: (undo) => void ends.push(undo),
      effects: async () =>
        (await readFile(layout.ledgerFile, "utf8"))
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as LedgerLine)
          .filter(
            (l) =>
              l.by === undefined &&
              l.effect !== undefined &&
              l.effect.kind !== "started" &&
              l.effect.kind !== "supervisor",
          ),
      compare: (exported) => compareWithLedger(exported, layout),
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The embedded database that works on a data directory, by its own pid file. */
export async function postmasterOf(dataDir: string): Promise<{ pid: number; port: number } | undefined> {
  const place = await readFile(join(dataDir, "postgres.place"), "utf8").catch(() => "");
  const dirs = [join(dataDir, "postgres"), place.trim()].filter(Boolean);
  for (const dir of dirs) {
    const lines = (await readFile(join(dir, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
    const [pid, port] = [Number(lines[0]), Number(lines[3])];
    if (Number.isInteger(pid) && pid > 1) return { pid, port };
  }
  return undefined;
}

/** An embedded database outlives a Homeostat that was killed. */
async function endDatabase(dataDir: string): Promise<void> {
  const database = await postmasterOf(dataDir);
  if (database === undefined) return;
  process.kill(database.pid, "SIGINT");
  await until("the database did not end", 20_000, async () => (await postmasterOf(dataDir)) === undefined);
}

/** Waits for something that is to come, and gives it; throws with its name when it does not. */
export async function until<T>(
  what: string | (() => string),
  withinMs: number,
  look: () => Promise<T | undefined | false>,
  everyMs = 500,
): Promise<T> {
  for (const untilMs = Date.now() + withinMs; ; await sleep(everyMs)) {
    const seen = await look().catch((error: unknown) => {
      if (Date.now() > untilMs) throw error;
      return undefined;
    });
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > untilMs)
      throw new Error(`waited ${withinMs / 1000} s: ${typeof what === "string" ? what : what()}`);
  }
}

/** Its story, for the message of a test that fails. */
export const story = (views: readonly IncidentView[]): string =>
  views
    .map((v) =>
      [`${v.incident.id} ${v.incident.state}`, ...v.incident.timeline.map((e) => `  ${e.kind}: ${e.text}`)].join("\n"),
    )
    .join("\n");

export const isHealed = (v: IncidentView): boolean =>
  v.incident.state === "resolved" && v.runs.some((r) => r.state === "succeeded");

/** Waits until every incident since then has ended, and gives them. */
export async function over(controller: Controller, sinceMs: number, withinMs = 240_000): Promise<IncidentView[]> {
  let seen: IncidentView[] = [];
  const ended = ["resolved", "stood-down", "escalated", "closed"];
  await until(
    () => `the heal did not end\n${story(seen)}`,
    withinMs,
    async () => {
      seen = await controller.views(sinceMs);
      return seen.length > 0 && seen.every((v) => ended.includes(v.incident.state));
    },
    1_000,
  );
  return seen;
}

export const writeCare = (shop: GivenShop, file: string, text: string): Promise<void> =>
  writeFile(join(shop.careDir, file), text);
