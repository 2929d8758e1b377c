import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Runs git without a shell, prompts, hooks or the settings of whoever started us: a repository's own configuration must
 * not make it run anything. Rejects with git's own words.
 */
export async function git(dir: string, args: readonly string[], timeoutMs = 60_000): Promise<string> {
  const safe = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never"];
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("GIT_") || /^GIT_SSH|^GIT_SSL/.test(name),
  );
  const env = { ...Object.fromEntries(inherited), GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
  const { stdout } = await run("git", [...safe, ...args], { cwd: dir, env, timeout: timeoutMs, maxBuffer: 16_777_216 });
  return stdout;
}

/** The commit a folder is at; undefined outside Git, and when any file Homeostat reads differs from that commit. */
export async function cleanCommit(dir: string): Promise<string | undefined> {
  try {
    const status = await git(dir, ["status", "--porcelain", "--ignored", "--untracked-files=all", "--", "."]);
    if (status.split("\n").some(matters)) return undefined;
    const tracked = await git(dir, ["ls-files", "--", "."]);
    if (tracked.trim() === "") return undefined;
    const commit = (await git(dir, ["rev-parse", "--verify", "HEAD"])).trim();
    return /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** A changed line of `git status`; an ignored file counts only when Homeostat would read it. */
function matters(line: string): boolean {
  if (line === "" || !line.startsWith("!!")) return line !== "";
  const path = line.slice(3);
  return /(\/|\.ya?ml"?|\.cedar"?)$/.test(path) && !/(^|\/)(node_modules|\.[^/]*)\//.test(path);
}
