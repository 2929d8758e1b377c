import { readFile, readlink, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { readBounded } from "./files.ts";
import { codeOf } from "./host.ts";

/** One life of a process: a process id is used again, together with boot and start it is not. */
export type Life = {
  readonly pid: number;
  /** Clock ticks since boot at which it started. */
  readonly startTicks: number;
  readonly bootId: string;
  readonly startedAtMs: number;
};

/** Linux reports process times to user space in hundredths of a second on every architecture. */
const ticksPerSecond = 100;
/** Boot time is known to a whole second, and a pid file is written a moment after the start. */
const slackMs = 3_000;

export const sameLife = (a: Life, b: Life): boolean =>
  a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId;

/** The boot time as first seen: later readings wander with the clock, and lives must not seem to. */
let firstBootMs: number | undefined;

/** The life that a process id has now; undefined when there is none, also for a zombie. */
export async function lifeOf(pid: number): Promise<Life | undefined> {
  const line = await procText(`/proc/${pid}/stat`);
  if (line === undefined) return undefined;
  // The second field is the command in parentheses and may itself hold anything: fields count from the last one.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const startTicks = Number(fields[19]);
  if (fields[0] === "Z" || fields[0] === "X" || !Number.isSafeInteger(startTicks)) return undefined;
  firstBootMs ??= await bootMs();
  const bootId = ((await procText("/proc/sys/kernel/random/boot_id")) ?? "").trim();
  return { pid, startTicks, bootId, startedAtMs: firstBootMs + (startTicks * 1_000) / ticksPerSecond };
}

/**
 * The life a pid file names; undefined when there is no file or nothing of this id lives. Throws AdapterError when the
 * file is no pid file, names a process that must not be touched, or is older than the process it names: that id was
 * given to a stranger meanwhile.
 */
export async function declaredLife(pidFile: string): Promise<Life | undefined> {
  const written = await stat(pidFile).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new AdapterError("unreadable", `cannot read pid file \`${pidFile}\``, { cause: error });
  });
  if (!written) return undefined;
  const text = (await readBounded(pidFile, 64)).toString("utf8").trim();
  if (text === "") return undefined;
  const pid = Number(text);
  if (!/^\d{1,10}$/.test(text) || pid <= 1 || pid === process.pid || pid === process.ppid)
    throw new AdapterError("bad-pid-file", `pid file \`${pidFile}\` names no process that may be touched`);
  const life = await lifeOf(pid);
  if (!life) return undefined;
  const bornMs = (life.startTicks * 1_000) / ticksPerSecond;
  // By either reading of the boot time: a clock that was set meanwhile moves one of them only.
  const boots = [firstBootMs ?? 0, await bootMs()];
  if (boots.every((boot) => boot + bornMs > written.mtimeMs + slackMs))
    throw new AdapterError("stranger", `process ${pid} is younger than pid file \`${pidFile}\`: it is somebody else's`);
  return life;
}

/** The release directory's member a process was started in, when its working directory tells. */
export async function releaseOfProcess(pid: number, directory: string): Promise<string | undefined> {
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  // The kernel tells the working directory without links in it.
  const real = await realpath(directory).catch(() => directory);
  return cwd?.startsWith(real + sep) ? cwd.slice(real.length + 1).split(sep)[0] : undefined;
}

async function bootMs(): Promise<number> {
  const seconds = /^btime (\d+)$/m.exec((await procText("/proc/stat")) ?? "")?.[1];
  if (seconds === undefined)
    throw new AdapterError("unsupported", "process actions need Linux's /proc on this machine");
  return Number(seconds) * 1_000;
}

async function procText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return undefined;
    throw new AdapterError("unreadable", `cannot read \`${path}\``, { cause: error });
  }
}
