import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdtemp, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { z } from "zod";
import type { ActionRequest } from "../../../loop/run/run.ts";
import type { Actuator } from "../../../ports/actuator.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { codeOf, messageOf, serviceOf, type Host } from "./host.ts";
import { action } from "./parameters.ts";
import { deadline } from "./wait.ts";

const run = action(
  "command.run",
  "none",
  "Runs an allow-listed binary without a shell, in an empty directory and environment, under limits.",
  z.strictObject({
    binary: z.string().max(1_024).describe("absolute path, as Settings allows it"),
    args: z.array(z.string().max(4_096)).max(64).default([]),
  }),
);

const outputBytesMax = 65_536;
const memoryBytesMax = 4_294_967_296;
const prlimit = "/usr/bin/prlimit";

/** Runs commands people allow in the care repo's Settings. Their output is counted and digested, never kept (I10). */
export function createCommandActuator(host: Host): Actuator {
  return {
    name: "command",
    actions: [run.spec],
    observe: async () => undefined,
    async capture(request) {
      chosen(host, request);
      return null;
    },
    async execute(request, signal) {
      const { binary, args } = chosen(host, request);
      await mayExecute(binary);
      const cwd = await mkdtemp(join(tmpdir(), "homeostat-command-"));
      try {
        const ended = await runBounded(binary, args, cwd, request, signal);
        if (ended.why !== undefined) throw new AdapterError(ended.why, `\`${binary}\` was ended: ${ended.why}`);
        if (ended.code !== 0)
          throw new AdapterError(
            "command-failed",
            `\`${binary}\` ended with ${ended.code ?? ended.signal ?? "nothing"}`,
          );
        return {
          detail: `${binary} ended with 0`,
          after: { exitCode: 0, outputBytes: ended.bytes, output: ended.digest },
        };
      } finally {
        await rm(cwd, { recursive: true, force: true });
      }
    },
    async probe(request) {
      chosen(host, request);
      return "unknown";
    },
  };
}

function chosen(host: Host, request: Omit<ActionRequest, "before">): { binary: string; args: readonly string[] } {
  serviceOf(host, request.service);
  const { binary, args } = run.read(request.parameters);
  if (!isAbsolute(binary) || !host.settings().commands.includes(binary))
    throw new AdapterError(
      "not-allowed",
      `\`${binary}\` may not be run; name its absolute path in Settings spec.commands`,
    );
  if (args.some((arg) => arg.includes("\0"))) throw new AdapterError("invalid-parameters", "an argument holds a NUL");
  return { binary, args };
}

/** What anybody may rewrite is not what was allowed (I7). */
async function mayExecute(binary: string): Promise<void> {
  try {
    const info = await stat(await realpath(binary));
    if (!info.isFile() || (info.mode & 0o111) === 0) throw new Error("it is no executable file");
    if ((info.mode & 0o002) !== 0) throw new Error("anybody may write to it");
  } catch (error) {
    throw new AdapterError("not-allowed", `\`${binary}\` cannot be run: ${messageOf(error)}`, { cause: error });
  }
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly bytes: number;
  readonly digest: string;
  readonly why?: "timeout" | "too-much-output";
}

async function runBounded(
  binary: string,
  args: readonly string[],
  cwd: string,
  request: ActionRequest,
  signal: AbortSignal,
): Promise<Ended> {
  const end = deadline(request.timeoutMs, signal);
  if (end.aborted) throw new AdapterError("timeout", `\`${binary}\` was aborted before it began`);
  const seconds = Math.ceil(request.timeoutMs / 1_000);
  const limits = [`--as=${memoryBytesMax}`, `--cpu=${seconds}`, "--nofile=64", `--fsize=${memoryBytesMax}`, "--core=0"];
  const [file, argv] = (await hasPrlimit()) ? [prlimit, [...limits, "--", binary, ...args]] : [binary, [...args]];
  const env = { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", HOME: cwd, TMPDIR: cwd };
  // A group of its own, so that what the command starts ends with it.
  const child = spawn(file, argv, { cwd, env, shell: false, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    let bytes = 0;
    let why: Ended["why"];
    const stop = (reason: NonNullable<Ended["why"]>) => {
      why ??= reason;
      killGroup(child);
    };
    const onEnd = () => stop("timeout");
    end.addEventListener("abort", onEnd, { once: true });
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      hash.update(chunk);
      if (bytes > outputBytesMax) stop("too-much-output");
    };
    child.stdout.on("data", count);
    child.stderr.on("data", count);
    child.on("error", (error) => {
      end.removeEventListener("abort", onEnd);
      reject(
        new AdapterError("command-failed", `\`${binary}\` cannot be started: ${messageOf(error)}`, { cause: error }),
      );
    });
    child.on("exit", () => killGroup(child));
    child.on("close", (code, exitSignal) => {
      end.removeEventListener("abort", onEnd);
      resolve({ code, signal: exitSignal, bytes, digest: `sha256:${hash.digest("hex")}`, ...(why ? { why } : {}) });
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

const hasPrlimit = (): Promise<boolean> =>
  access(prlimit).then(
    () => true,
    () => false,
  );
