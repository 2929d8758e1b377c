import { execFile } from "node:child_process";
import { chown, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { Place } from "./place.ts";

const run = promisify(execFile);

/** Role of everything Homeostat does in its own database. */
export const role = "homeostat";

/** Makes a new, empty database with this password, beside its place and renamed when whole: a crash leaves none or all of it. */
export async function initialise({ binDir, dataDir, owner }: Place, password: string): Promise<void> {
  const [made, secret] = [`${dataDir}.new`, `${dataDir}.secret`];
  const flags = ["--auth=scram-sha-256", `--username=${role}`, `--pwfile=${secret}`];
  const style = ["--encoding=UTF8", "--locale=C", "--no-instructions"];
  try {
    await rm(made, { recursive: true, force: true });
    await rm(secret, { force: true });
    await mkdir(made, { mode: 0o700 });
    await writeFile(secret, `${password}\n`, { mode: 0o600, flag: "wx" });
    if (owner) for (const path of [made, secret]) await chown(path, owner.uid, owner.gid);
    const options = { ...owner, cwd: "/", env: { LC_ALL: "C" }, maxBuffer: 4_000_000 };
    await run(join(binDir, "initdb"), [`--pgdata=${made}`, ...flags, ...style], options);
    await rename(made, dataDir);
  } catch (cause) {
    await rm(made, { recursive: true, force: true }).catch(() => undefined);
    const reason = reasonOf(cause);
    const code = isDiskFull(reason) ? "disk-full" : "initdb";
    throw new AdapterError(code, `a new database could not be made in \`${dataDir}\`: ${reason}`, { cause });
  } finally {
    await rm(secret, { force: true }).catch(() => undefined);
  }
}

function reasonOf(cause: unknown): string {
  const text =
    cause instanceof Error ? `${"stderr" in cause ? String(cause.stderr) : ""}\n${cause.message}` : String(cause);
  return fatalLine(text) ?? text.trim().split("\n").at(-1) ?? "unknown";
}

/** The line in which Postgres or initdb says what is wrong, shortened. The first one: others follow from it. */
export function fatalLine(text: string): string | undefined {
  const lines = text.split("\n");
  const found =
    lines.find(isDiskFull) ??
    lines.find((line) => /(FATAL|PANIC|error):/.test(line)) ??
    lines.find((line) => line.includes("could not"));
  return found?.replace(/^.*?(FATAL|PANIC|error):\s*/, "").slice(0, 300);
}

export const isDiskFull = (text: string): boolean => text.includes("No space left on device");
