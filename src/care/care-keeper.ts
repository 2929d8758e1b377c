// Upholds I7: a change that is broken, or cannot be fetched, leaves the last good config active and is said so.
import { resolve } from "node:path";
import { err, ok, type Result } from "../kernel/result.ts";
import type { CareError } from "../loop/signal/care-error.ts";
import type { ActiveConfig } from "../ports/config.ts";
import { checkCare, type CareCheck, type CareOptions } from "./check-care.ts";
import { gitSource, isGitUrl, type GitSource } from "./git-source.ts";
import { cleanCommit } from "./git.ts";
import { isAddress, maskAddress } from "./mask-address.ts";
import { readTree, treeDigest } from "./read-tree.ts";

export interface KeeperOptions extends CareOptions {
  /** A folder, or the address of a Git repository. */
  readonly source: string;
  /** Where a repository is copied to. */
  readonly dataDir: string;
  /** How often the folder is looked at; 3 s unless told otherwise. */
  readonly pollMs?: number;
  /** How often a repository is fetched; 30 s unless told otherwise. */
  readonly fetchMs?: number;
  /** A config became active: the first one, and each good change. Warnings are what is probably not meant. */
  readonly onActivated: (config: ActiveConfig, warnings: readonly CareError[]) => void;
  /** A change was refused; told once per change. The last good config stays active. */
  readonly onRefused: (errors: readonly CareError[]) => void;
}

export interface CareKeeper {
  current(): ActiveConfig;
  /** Why the newest state of the care repo is not the active one; empty when it is. */
  problems(): readonly CareError[];
  /** Looks, and fetches, now. */
  refresh(): Promise<void>;
  /** Ends watching; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/** Asking Git starts processes: without a change of content it is asked only this often for its commit. */
const commitMs = 15_000;

/** Loads a care repo and keeps watching it. Refuses when there is no good config to start with. */
export async function createCareKeeper(options: KeeperOptions): Promise<Result<CareKeeper, readonly CareError[]>> {
  if (isAddress(options.source) && !isGitUrl(options.source)) return err([trouble(noRepository(options.source))]);
  const remote = isGitUrl(options.source) ? gitSource(options.source, options.dataDir) : undefined;
  if (remote && !remote.ok) return err([trouble(remote.error)]);
  const watch = new Watch(options, remote?.value);
  await watch.look(true);
  const { active } = watch;
  if (!active) return err(watch.problems);
  watch.start();
  return ok({
    current: () => watch.active ?? active,
    problems: () => watch.problems,
    refresh: () => watch.look(true),
    stop: () => watch.stop(),
  });
}

const noRepository = (source: string): string =>
  `\`${maskAddress(source)}\` is no address of a Git repository: give https://, ssh://, git@host:path or file:///`;

class Watch {
  active: ActiveConfig | undefined;
  problems: readonly CareError[] = [];
  readonly #options: KeeperOptions;
  readonly #remote: GitSource | undefined;
  readonly #dir: string;
  #seen = { content: "", commit: "" };
  #commitSeenAt = Number.NEGATIVE_INFINITY;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #fetchProblem: readonly CareError[] = [];
  #careProblems: readonly CareError[] = [];
  #told = "";
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions, remote: GitSource | undefined) {
    this.#options = options;
    this.#remote = remote;
    this.#dir = remote?.dir ?? resolve(options.source);
  }

  start(): void {
    const tick = async () => {
      await this.look(false);
      if (!this.#stopped) this.#timer = setTimeout(tick, this.#options.pollMs ?? 3_000);
    };
    this.#timer = setTimeout(tick, this.#options.pollMs ?? 3_000);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** One look at a time, in order. Never rejects: what goes wrong is a problem, and the last good config stays. */
  look(fetchNow: boolean): Promise<void> {
    const before = this.#looking;
    this.#looking = (async () => {
      await before;
      await this.#lookOnce(fetchNow);
    })();
    return this.#looking;
  }

  async #lookOnce(fetchNow: boolean): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#fetch(fetchNow);
      await this.#read(fetchNow);
    } catch (error) {
      this.#careProblems = [trouble(error instanceof Error ? error.message : String(error))];
    }
    this.problems = [...this.#fetchProblem, ...this.#careProblems];
    this.#tell();
  }

  async #fetch(now: boolean): Promise<void> {
    const due = performance.now() - this.#fetchedAt >= (this.#options.fetchMs ?? 30_000);
    if (!this.#remote || !(now || due)) return;
    this.#fetchedAt = performance.now();
    const updated = await this.#remote.update();
    this.#fetchProblem = updated.ok ? [] : [trouble(updated.error)];
  }

  async #read(now: boolean): Promise<void> {
    if (this.#remote && !(await this.#remote.ready())) return;
    const { sources, errors } = await readTree(this.#dir);
    const content = `${treeDigest(sources)} ${errors.map((e) => e.message).join()}`;
    const commitDue = now || performance.now() - this.#commitSeenAt >= commitMs;
    if (content === this.#seen.content && !commitDue) return;
    this.#commitSeenAt = performance.now();
    const commit = (await cleanCommit(this.#dir)) ?? "";
    if (content === this.#seen.content && commit === this.#seen.commit) return;
    const found = await checkCare(this.#dir, this.#options);
    this.#seen = { content, commit };
    this.#take(found);
  }

  #take({ config, errors, warnings }: CareCheck): void {
    this.#careProblems = errors;
    if (!config || config.commit === this.active?.commit) return;
    this.active = config;
    this.#options.onActivated(config, warnings);
  }

  #tell(): void {
    const text = JSON.stringify(this.problems);
    if (this.problems.length > 0 && text !== this.#told) this.#options.onRefused(this.problems);
    this.#told = text;
  }
}

const trouble = (message: string): CareError => ({
  file: ".",
  line: 1,
  path: "",
  message,
  expected: "a care repo that can be read",
  fix: "check the address, the network and the permissions",
});
