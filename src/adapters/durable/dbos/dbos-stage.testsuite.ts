import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { DurableStage, StagedController } from "../../../ports/durable.testsuite.ts";

const fixture = fileURLToPath(new URL("dbos-controller.fixture.ts", import.meta.url));
const node = fileURLToPath(new URL("../../../../node_modules/.bin/node", import.meta.url));

interface Answer {
  readonly n?: number;
  readonly value?: unknown;
  readonly error?: { readonly code?: string; readonly message?: string };
}

/** Controllers are real processes on one database; notes and holds are files. */
export async function dbosStage(databaseUrl: string): Promise<DurableStage & { log(): string }> {
  const dir = await mkdtemp(join(tmpdir(), "homeostat-durable-"));
  const children = new Set<ChildProcess>();
  const read = (name: string): string => {
    const file = join(dir, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  };
  return {
    controller: (id) => startController([databaseUrl, id, dir], children),
    notes: () => read("notes").split("\n").filter(Boolean),
    log: () => read("log"),
    hold: (name) => writeFileSync(join(dir, `hold-${name}`), ""),
    release: (name) => rmSync(join(dir, `hold-${name}`), { force: true }),
    pass: (ms) => pause(ms),
    nowMs: () => Date.now(),
    async end() {
      await Promise.all([...children].map(kill));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function startController(args: readonly string[], children: Set<ChildProcess>): Promise<StagedController> {
  const child = fork(fixture, args, { execPath: node, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  children.add(child);
  const asked = new Map<number, (answer: Answer) => void>();
  const ready = Promise.withResolvers<void>();
  child.on("message", (answer: Answer) => {
    if (answer.n === undefined) ready.resolve();
    else asked.get(answer.n)?.(answer);
  });
  child.once("exit", () => ready.reject(new Error("the controller ended before it was ready")));
  await ready.promise;
  let n = 0;
  const ask = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const answered = Promise.withResolvers<Answer>();
    asked.set(++n, answered.resolve);
    child.send({ n, method, args: params });
    const { value, error } = await answered.promise;
    if (error) throw Object.assign(new Error(error.message), { code: error.code });
    return value;
  };
  return {
    engine: {
      start: (...a) => ask("start", ...a),
      send: (...a) => ask("send", ...a),
      get: (...a) => ask("get", ...a),
      list: (...a) => ask("list", ...a),
      wait: (...a) => ask("wait", ...a),
      takeOver: (...a) => ask("takeOver", ...a),
      prune: (...a) => ask("prune", ...a),
      async shutdown() {
        const gone = once(child, "exit");
        await ask("shutdown");
        await gone;
      },
    } as StagedController["engine"],
    crash: () => kill(child),
    pause: async () => void child.kill("SIGSTOP"),
    wake: async () => void child.kill("SIGCONT"),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
