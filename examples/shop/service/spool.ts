import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ifReadable, readText, writeJson } from "../files.ts";

interface Spool {
  readonly entries: readonly { readonly id: string; readonly poison?: boolean }[];
}

const spoolFileOf = (scratchDir: string): string => join(scratchDir, "spool.json");

const readSpool = (scratchDir: string): Spool => JSON.parse(readText(spoolFileOf(scratchDir)));

/** The entry of the instance's spool that it cannot replay, if there is one. A missing spool is made anew. */
export function poisonIn(scratchDir: string): string | undefined {
  mkdirSync(scratchDir, { recursive: true });
  const spool = ifReadable(() => readSpool(scratchDir));
  if (spool === undefined) writeJson(spoolFileOf(scratchDir), { entries: [] } satisfies Spool);
  return spool?.entries.find((entry) => entry.poison === true)?.id;
}

/** Leaves an entry that no replay gets past. */
export function leavePoison(scratchDir: string, id: string): void {
  const before = ifReadable(() => readSpool(scratchDir))?.entries ?? [];
  writeJson(spoolFileOf(scratchDir), { entries: [...before, { id, poison: true }] } satisfies Spool);
}
