import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { findBinaries, majorOf, systemDir } from "./binaries.ts";
import { databaseUser, userCan, type UserIds } from "./database-user.ts";

/** Where Postgres runs from, where it keeps its data, and as whom (undefined: as ourselves). */
export interface Place {
  readonly binDir: string;
  readonly dataDir: string;
  readonly owner: UserIds | undefined;
  /** Nothing is there yet: a new database has to be made. */
  readonly fresh: boolean;
}

/**
 * Finds a place the database user can work in: under `wantedDir`, or under /var/lib/homeostat where that user cannot get
 * through to it. The choice is written down once, so that later changes of modes never lead to another, empty database.
 */
export async function findPlace(wantedDir: string): Promise<Place> {
  const owner = await databaseUser();
  const binDir = await findBinaries(owner);
  const dataDir = await settledDir(wantedDir, owner);
  const version = await versionIn(dataDir);
  if (version === undefined) return { binDir, dataDir, owner, fresh: true };
  await refuseForeign(dataDir, version, binDir, owner);
  return { binDir, dataDir, owner, fresh: false };
}

async function settledDir(wantedDir: string, user: UserIds | undefined): Promise<string> {
  const file = join(wantedDir, "postgres.place");
  const settled = (await readFile(file, "utf8").catch(() => "")).trim();
  if (settled !== "") return settled;
  const inside = join(wantedDir, "postgres");
  const near = !user || (await versionIn(inside)) !== undefined || (await userCan(user, 'cd "$1"', wantedDir));
  const chosen = near ? inside : join(await systemDataDir(), randomBytes(8).toString("hex"));
  await writeFile(file, `${chosen}\n`, { mode: 0o644, flush: true });
  return chosen;
}

async function systemDataDir(): Promise<string> {
  const folder = join(systemDir, "data");
  await mkdir(folder, { recursive: true });
  await chmod(systemDir, 0o755);
  await chmod(folder, 0o711);
  return folder;
}

/** Postgres's own mark of a database, its major version; undefined where there is no folder. */
async function versionIn(dataDir: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDir, "PG_VERSION"), "utf8")).trim();
  } catch (cause) {
    const missing = await stat(dataDir).then(
      () => false,
      (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT",
    );
    if (missing) return undefined;
    throw new AdapterError(
      "unreadable",
      `\`${dataDir}\` is there and is no database this user can read: run as the user that made it, or move it away`,
      { cause },
    );
  }
}

async function refuseForeign(
  dataDir: string,
  version: string,
  binDir: string,
  user: UserIds | undefined,
): Promise<void> {
  const major = await majorOf(binDir);
  if (version !== major)
    throw new AdapterError(
      "other-version",
      `\`${dataDir}\` was made by Postgres ${version}, this is Postgres ${major}: use the Homeostat that made it`,
    );
  const { uid } = await stat(dataDir);
  if (uid !== (user?.uid ?? process.getuid?.() ?? uid))
    throw new AdapterError("other-user", `\`${dataDir}\` belongs to user id ${uid}: run as the user that made it`);
}
