import type { Dirent } from "node:fs";
import { lstat, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { archiveTables, keptTiers, type ArchiveTable, type KeptTier } from "../../../loop/keeping/row.ts";

export const hourMs = 3_600_000;

/** One file of ours: `<root>/<table>/date=YYYY-MM-DD/hour=HH/<writer>-<milliseconds>-<number>.<tier>.parquet`. */
export interface ArchiveFile {
  readonly path: string;
  readonly table: ArchiveTable;
  readonly tier: KeptTier;
  /** Begin of the hour its rows are of. */
  readonly hourMs: number;
  readonly bytes: number;
  /** `bad`: set aside. `part`: not finished, or not in its place yet. `journal`: says what a merge replaces. */
  readonly kind: "rows" | "bad" | "part" | "journal";
  /** False for Parquet that somebody else put there: it is read, but neither joined with ours nor removed. */
  readonly own: boolean;
}

export interface Listing {
  readonly files: readonly ArchiveFile[];
  /** Folders that could not be read. */
  readonly unreadable: readonly string[];
}

const fileForm = /^[a-z0-9-]{1,60}-\d{13}-\d{1,6}\.(whole|thinned)\.parquet(\.bad|\.part|\.new|\.new\.part)?$/;
const journalPartForm = /^[a-z0-9-]{1,60}-\d{13}-\d{1,6}\.(whole|thinned)\.merge\.json\.part$/;
const journalForm = /^[a-z0-9-]{1,60}-\d{13}-\d{1,6}\.(whole|thinned)\.merge\.json$/;
const foreignForm = /\.parquet(\.bad)?$/;

export function hourFolder(root: string, table: ArchiveTable, startMs: number): string {
  const iso = new Date(startMs).toISOString();
  return join(root, table, `date=${iso.slice(0, 10)}`, `hour=${iso.slice(11, 13)}`);
}

/** Every file of ours whose hour overlaps [fromMs, toMs). Links are not followed, and what is not ours is passed over, but for Parquet. */
export async function listFiles(
  root: string,
  tables: readonly ArchiveTable[] = archiveTables,
  fromMs = -Infinity,
  toMs = Infinity,
): Promise<Listing> {
  const files: ArchiveFile[] = [];
  const unreadable: string[] = [];
  const overlaps = (startMs: number, lengthMs: number): boolean => startMs < toMs && startMs + lengthMs > fromMs;
  const list = async (folder: string): Promise<Dirent[]> =>
    entriesOf(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") unreadable.push(folder);
      return [];
    });
  for (const table of tables)
    for (const day of await list(join(root, table))) {
      const dayMs = dayOf(day.name);
      if (!overlaps(dayMs, 24 * hourMs)) continue;
      for (const hour of await list(join(root, table, day.name))) {
        const startMs = dayMs + hourOf(hour.name) * hourMs;
        if (!overlaps(startMs, hourMs)) continue;
        const folder = join(root, table, day.name, hour.name);
        for (const entry of await list(folder)) {
          const file = entry.isFile() ? await fileOf(folder, entry.name, table, startMs) : undefined;
          if (file) files.push(file);
        }
      }
    }
  return { files, unreadable };
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  if ((await lstat(folder)).isDirectory()) return readdir(folder, { withFileTypes: true });
  throw new Error(`\`${folder}\` is no folder`);
}

/** When a folder `date=…` begins; NaN when it is none. */
const dayOf = (name: string): number =>
  /^date=\d{4}-\d\d-\d\d$/.test(name) ? Date.parse(`${name.slice(5)}T00:00:00Z`) : Number.NaN;
const hourOf = (name: string): number => (/^hour=[0-2]\d$/.test(name) ? Number(name.slice(5)) : Number.NaN);

async function fileOf(
  folder: string,
  name: string,
  table: ArchiveTable,
  startMs: number,
): Promise<ArchiveFile | undefined> {
  const path = join(folder, name);
  const kind = kindOf(name);
  if (kind === undefined) return undefined;
  const bytes = (await lstat(path).catch(() => undefined))?.size ?? 0;
  const tier = keptTiers.find((t) => name.includes(`.${t}.`)) ?? "thinned";
  return {
    path,
    table,
    tier,
    hourMs: startMs,
    bytes,
    kind,
    own: kind === "journal" || kind === "part" || fileForm.test(name),
  };
}

/** Parquet of another name counts as rows: any reader takes it for telemetry, so ours looks whether it is. */
function kindOf(name: string): ArchiveFile["kind"] | undefined {
  if (journalForm.test(name)) return "journal";
  if (journalPartForm.test(name) || (fileForm.test(name) && /\.(part|new)$/.test(name))) return "part";
  if (!foreignForm.test(name)) return undefined;
  return name.endsWith(".bad") ? "bad" : "rows";
}

/** Renamed, so that no reader takes it for telemetry; it stays for whoever wants to look. */
export const setAside = (file: Pick<ArchiveFile, "path">): Promise<void> => rename(file.path, `${file.path}.bad`);
