import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "../kernel/digest.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { git } from "./git.ts";
import { maskAddress, maskAddresses } from "./mask-address.ts";

/** A care repo in Git: `https://…`, `ssh://…`, `git@host:path` or `file:///…`; `#branch` chooses one. */
export const isGitUrl = (text: string): boolean =>
  /^(https|ssh|file):\/\//.test(text) || /^[\w.-]+@[\w.-]+:[^/]/.test(text);

/** A copy of a repository's branch in a folder of ours. Nothing in it is ever run. */
export interface GitSource {
  readonly dir: string;
  /** Gets the newest commit; a refusal says why not, and the folder keeps what it had. */
  update(): Promise<Result<void, string>>;
  /** False until something was fetched once. */
  ready(): Promise<boolean>;
}

const fetchMs = 60_000;

/** Refuses an address that holds a password: it would end up in Git's config, process lists and messages (I10). */
export function gitSource(url: string, dataDir: string): Result<GitSource, string> {
  const [address = "", branch] = url.split("#", 2);
  if (address.includes("://") && !URL.canParse(address))
    return err(`\`${maskAddress(address)}\` is no address: give one such as https://git.example.com/care.git`);
  if (URL.canParse(address) && new URL(address).password !== "")
    return err(
      `the care repo's address \`${maskAddress(address)}\` holds a password; use an SSH key or a Git credential helper`,
    );
  if (branch !== undefined && !/^[A-Za-z0-9_][\w./-]*$/.test(branch)) return err(`\`${branch}\` is no branch name`);
  const dir = join(dataDir, `care-${sha256Hex(url).slice(0, 12)}`);
  const ready = () =>
    git(dir, ["rev-parse", "--verify", "--quiet", "HEAD"]).then(
      () => true,
      () => false,
    );
  return ok({ dir, update: () => update(dir, address, branch ?? "HEAD"), ready });
}

async function update(dir: string, address: string, ref: string): Promise<Result<void, string>> {
  try {
    if (!(await stat(join(dir, ".git")).then(Boolean, () => false))) await prepare(dir, address);
    await git(
      dir,
      ["fetch", "--quiet", "--depth", "1", "--no-tags", "--no-recurse-submodules", "origin", ref],
      fetchMs,
    );
    await git(dir, ["reset", "--quiet", "--hard", "FETCH_HEAD"]);
    await git(dir, ["clean", "--quiet", "-ffdx"]);
    return ok(undefined);
  } catch (error) {
    return err(`cannot fetch \`${maskAddress(address)}\`: ${whyOf(error).replaceAll(address, maskAddress(address))}`);
  }
}

async function prepare(dir: string, address: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    await git(dir, ["init", "--quiet"]);
    // A link in the repo could lead anywhere: links become plain files, which nobody reads.
    await git(dir, ["config", "core.symlinks", "false"]);
    await git(dir, ["remote", "add", "--", "origin", address]);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Git's last line says why; addresses in it are masked, also where it was redirected. */
const whyOf = (error: unknown): string => maskAddresses(telling(error)).slice(0, 300);

function telling(error: unknown): string {
  const said = error instanceof Error && "stderr" in error && typeof error.stderr === "string" ? error.stderr : "";
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const reason = lines.find((line) => line.startsWith("fatal:")) ?? lines.at(-1);
  if (reason) return reason.replace(/^fatal: /, "");
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
