import { readFile } from "node:fs/promises";
import type { Effect, LedgerLine } from "../shop/supervisor/ledger.ts";
import type { ShopLayout } from "../shop/layout.ts";

/** What the audit log says was done to the shop and what the shop's own supervisor saw, compared. Empty: they agree. */
export interface Compared {
  readonly acts: number;
  readonly effects: number;
  readonly disagreements: readonly string[];
}

/** An act the log says took effect: action, service, parameters. */
interface LoggedAct {
  readonly key: string;
  readonly action: string;
  readonly service: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Counts both sides by what was done to what: nothing may have happened more often than logged, nor been logged without having happened. */
export async function compareWithLedger(exported: string, layout: ShopLayout): Promise<Compared> {
  const acts = actsOf(exported);
  const effects = (await ledgerOf(layout))
    .filter((line) => line.effect && line.by === undefined)
    .flatMap((line) => (line.effect ? [line.effect] : []));
  const logged = count(acts.map((act) => nameOfAct(act, layout)));
  const seen = count(effects.flatMap(nameOfEffect));
  const disagreements: string[] = [];
  for (const [name, times] of seen)
    if (times > (logged.get(name) ?? 0))
      disagreements.push(`${name}: seen ${times} times, logged ${logged.get(name) ?? 0}`);
  // A restart of what was down already ends nobody: the ledger may then hold less than the log.
  for (const [name, times] of logged)
    if (!name.startsWith("restart ") && times > (seen.get(name) ?? 0))
      disagreements.push(`${name}: logged ${times} times, seen ${seen.get(name) ?? 0}`);
  return { acts: acts.length, effects: [...seen.values()].reduce((a, b) => a + b, 0), disagreements };
}

async function ledgerOf(layout: ShopLayout): Promise<LedgerLine[]> {
  const text = await readFile(layout.ledgerFile, "utf8");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LedgerLine);
}

function actsOf(exported: string): LoggedAct[] {
  const records = exported.split("\n").flatMap((line) => {
    const parsed = line.startsWith("{") ? (JSON.parse(line) as { record?: unknown }) : {};
    const record = typeof parsed.record === "string" ? JSON.parse(parsed.record) : parsed.record;
    return record ? [record as { type: string; body: Record<string, unknown> }] : [];
  });
  const done = new Set(
    records.filter((r) => r.type === "step.completed" && r.body["effect"] === "applied").map((r) => r.body["key"]),
  );
  return records
    .filter((r) => r.type === "step.intended" && done.has(r.body["key"]))
    .map((r) => r.body as unknown as LoggedAct);
}

function nameOfAct(act: LoggedAct, layout: ShopLayout): string {
  const { action, service, parameters } = act;
  if (action === "process.restart") return `restart ${String(parameters["instance"])}`;
  if (action === "release.switch") return `switch ${service} to ${String(parameters["to"])}`;
  if (action === "flag.set") return `flag ${String(parameters["flag"])}`;
  if (action === "config.restore") return `config ${layout.members.find((m) => m.name === service)?.name ?? service}`;
  return `${action} ${service}`;
}

/** What an outsider did; a process that ended by itself (a code other than 0, no signal) and what follows from it is nobody's act. */
function nameOfEffect(effect: Effect): string[] {
  switch (effect.kind) {
    case "exited":
      return effect.signal !== null || effect.code === 0 ? [`restart ${effect.instance}`] : [];
    case "release-switched":
      return [`switch ${effect.service} to ${effect.to}`];
    case "flag-changed":
      return [`flag ${effect.flag}`];
    case "config-changed":
      return [`config ${effect.service}`];
    case "started":
    case "flag-file-changed":
    case "scratch-moved":
    case "supervisor":
      return [];
  }
}

function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
