import { statfs } from "node:fs/promises";
import type { ComponentStatus } from "../../engine/operations.ts";

const megabyte = 1_000_000;
/** Two files of Postgres's write-ahead log: with less it cannot go on, nor start again. */
const fullBelowBytes = 34 * megabyte;
/** What the write-ahead log may take at times. */
const scarceBelowBytes = 256 * megabyte;

/** Whether the embedded database has room to write; without it nothing can be recorded, and so nothing acts. None for another's database. */
export async function diskStatus(dataDir: string | undefined): Promise<ComponentStatus[]> {
  if (dataDir === undefined) return [];
  return statfs(dataDir).then(
    ({ bavail, bsize }) => [judge(dataDir, bavail * bsize)],
    (error: Error) => [{ name: "disk", state: "degraded", detail: `its room is not known: ${error.message}` }],
  );
}

export function judge(dataDir: string, bytes: number): ComponentStatus {
  const detail = `${Math.floor(bytes / megabyte)} MB are left for the database in \`${dataDir}\`: free some`;
  if (bytes < fullBelowBytes) return { name: "disk", state: "failed", detail };
  return bytes < scarceBelowBytes
    ? { name: "disk", state: "degraded", detail }
    : { name: "disk", state: "ok", detail: "" };
}
