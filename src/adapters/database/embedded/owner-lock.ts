import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AdapterError } from "../../../ports/adapter-error.ts";

/** Who owns a data directory: a process, told from a later one of the same pid by when it started. */
interface Owner {
  readonly pid: number;
  readonly started: string;
}

const triesMax = 10;

/**
 * Takes the one ownership of a data directory, or refuses (`owned`) naming the owner. The lock of a process that is gone is
 * taken over. Gives the release, which leaves another's lock alone. Two hosts, or two containers that do not see each
 * other's processes, must not share the directory.
 */
export async function takeOwnership(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, "owner.lock");
  const mine = JSON.stringify({ pid: process.pid, started: (await startOf(process.pid)) ?? "" } satisfies Owner);
  for (let i = 0; i < triesMax; i++) {
    if (await place(file, mine)) return () => release(file, mine);
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const owner = parse(text);
    if (owner && (await startOf(owner.pid)) === owner.started)
      throw new AdapterError(
        "owned",
        `\`${dataDir}\` belongs to the running process ${owner.pid}: stop it first, or give another directory by --data`,
      );
    await remove(file, text);
  }
  throw new AdapterError("owned", `\`${dataDir}\` is being taken by other processes: try again`);
}

/** Linking a finished file: a lock is there with its content or not at all. */
async function place(file: string, text: string): Promise<boolean> {
  const made = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(made, text, { mode: 0o600, flag: "wx" });
    await link(made, file);
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return false;
    throw new AdapterError(
      "unwritable",
      `\`${file}\` cannot be written: free the disk, or give another directory by --data`,
      {
        cause,
      },
    );
  } finally {
    await rm(made, { force: true });
  }
}

/** Removes exactly this stale lock: one that somebody placed meanwhile is put back. */
async function remove(file: string, stale: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  const moved = await rename(file, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await readFile(aside, "utf8").catch(() => stale)) !== stale) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function release(file: string, mine: string): Promise<void> {
  if ((await readFile(file, "utf8").catch(() => "")) === mine) await rm(file, { force: true });
}

function parse(text: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(text);
    const whole = typeof owner === "object" && owner !== null && "pid" in owner && "started" in owner;
    if (!whole || typeof owner.pid !== "number" || typeof owner.started !== "string") return undefined;
    return { pid: owner.pid, started: owner.started };
  } catch {
    return undefined;
  }
}

/** Start time of a live process, in clock ticks since boot, as text; where there is no /proc, `alive`. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat !== undefined) {
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : fields[18];
  }
  if (process.platform === "linux") return undefined;
  try {
    process.kill(pid, 0);
    return "alive";
  } catch {
    return undefined;
  }
}
