import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { AdapterError } from "../../../ports/adapter-error.ts";

/** Who owns a data directory: a process, told from a later one of the same pid by when it started. */
interface Owner {
  readonly pid: number;
  readonly started: string;
}

const triesMax = 5;

/**
 * Takes the one ownership of a data directory, or refuses naming the owner. The lock of a process that is gone is taken
 * over. Gives the release.
 */
export async function takeOwnership(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, "owner.lock");
  const me: Owner = { pid: process.pid, started: (await startOf(process.pid)) ?? "" };
  for (let i = 0; i < triesMax; i++) {
    const made = await open(file, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return undefined;
      throw new AdapterError(
        "unwritable",
        `\`${dataDir}\` cannot be written (${error.code ?? error.message}): give another directory by --data`,
        { cause: error },
      );
    });
    if (made) {
      await made.writeFile(JSON.stringify(me));
      await made.close();
      return () => rm(file, { force: true });
    }
    const owner = await readOwner(file);
    if (owner && (await startOf(owner.pid)) === owner.started)
      throw new AdapterError(
        "owned",
        `\`${dataDir}\` belongs to the running process ${owner.pid}: stop it first, or give another directory by --data`,
      );
    await rm(file, { force: true });
  }
  throw new AdapterError("owned", `\`${dataDir}\` is being taken by another process: try again`);
}

async function readOwner(file: string): Promise<Owner | undefined> {
  // A lock that was just made may still be empty: a second look tells a slow writer from a dead one.
  for (let i = 0; i < 2; i++) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text !== "") return parse(text);
    await new Promise((done) => setTimeout(done, 200));
  }
  return undefined;
}

function parse(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

/** Start time of a live process, in clock ticks since boot, as text; where there is no /proc, `alive`. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat !== undefined) return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  if (process.platform === "linux") return undefined;
  try {
    process.kill(pid, 0);
    return "alive";
  } catch {
    return undefined;
  }
}
