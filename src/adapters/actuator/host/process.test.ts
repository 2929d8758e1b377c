import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actuatorSuite } from "../../../ports/actuator.testsuite.ts";
import { lifeOf } from "./life.ts";
import { createProcessActuator } from "./process.ts";
import { act, requestOf, testHost } from "./stage.testsuite.ts";

/** Starts the instance again whenever it exits and counts how often; `stopped` in its folder keeps it from doing so. */
const supervisor = `
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, renameSync, writeFileSync } from "node:fs";
const [dir, script, ...args] = process.argv.slice(2);
let child;
const start = () => {
  child = spawn(process.execPath, [script, ...args], { cwd: dir + "/releases/v1", stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.once("data", () => {
    writeFileSync(dir + "/pid.new", String(child.pid));
    renameSync(dir + "/pid.new", dir + "/instance.pid");
    appendFileSync(dir + "/ledger", child.pid + "\\n");
  });
  child.on("exit", (code, signal) => {
    appendFileSync(dir + "/exits", (signal ?? code) + "\\n");
    if (!existsSync(dir + "/stopped")) setTimeout(start, 20);
  });
};
start();
process.on("SIGTERM", () => { child.removeAllListeners("exit"); child.kill("SIGKILL"); process.exit(0); });
`;

const instance = `
import { createServer } from "node:http";
const [port, manners] = process.argv.slice(2);
if (manners === "stubborn") process.on("SIGTERM", () => {});
createServer((_, response) => response.end("ok")).listen(Number(port), "127.0.0.1", () => console.log("up"));
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

async function supervised(manners: "polite" | "stubborn" = "polite") {
  const port = await freePort();
  const { dir, host, end } = await testHost((at) => ({
    release: { directory: join(at, "releases"), link: join(at, "current"), manifest: "release.json" },
    instances: [
      {
        name: "shop-1",
        pidFile: join(at, "instance.pid"),
        healthUrl: `http://127.0.0.1:${port}/healthz`,
        stopTimeoutMs: 400,
        startTimeoutMs: 8_000,
        scratch: join(at, "scratch"),
      },
    ],
  }));
  await writeFile(join(dir, "supervisor.mjs"), supervisor);
  await writeFile(join(dir, "instance.mjs"), instance);
  await mkdir(join(dir, "releases", "v1"), { recursive: true });
  await mkdir(join(dir, "scratch"), { mode: 0o750 });
  await writeFile(join(dir, "scratch", "stuck"), "x");
  const args = [join(dir, "supervisor.mjs"), dir, join(dir, "instance.mjs"), String(port), manners];
  const parent: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  const lines = async (file: string) =>
    (await readFile(join(dir, file), "utf8").catch(() => "")).split("\n").filter(Boolean);
  for (let i = 0; (await lines("ledger")).length === 0; i++) {
    if (i > 400) throw new Error("the supervisor did not start its instance");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return {
    dir,
    actuator: createProcessActuator(host),
    starts: async () => (await lines("ledger")).length - 1,
    exits: () => lines("exits"),
    pid: async () => Number((await lines("ledger")).at(-1)),
    end: async () => {
      parent.kill("SIGTERM");
      if (parent.exitCode === null && parent.signalCode === null) await once(parent, "exit");
      await end();
    },
  };
}

const restart = requestOf("process.restart", { instance: "shop-1" });

actuatorSuite("process", async () => {
  const world = await supervised();
  return {
    actuator: world.actuator,
    request: restart,
    look: () => world.pid(),
    effects: () => world.starts(),
    hang: () => writeFile(join(world.dir, "stopped"), ""),
    end: world.end,
  };
});

const within = async (
  manners: "polite" | "stubborn",
  test: (world: Awaited<ReturnType<typeof supervised>>) => Promise<void>,
) => {
  const world = await supervised(manners);
  try {
    await test(world);
  } finally {
    await world.end();
  }
};

describe("process.restart", () => {
  it("ends a polite process with SIGTERM and reports the new life", () =>
    within("polite", async (world) => {
      const { done, request } = await act(world.actuator, "r/s", restart);
      const pid = await world.pid();
      expect(done.after).toMatchObject({ pid });
      expect(request.before).not.toMatchObject({ life: { pid } });
      expect(await world.exits()).toEqual(["SIGTERM"]);
      expect(await world.actuator.observe("shop")).toMatchObject({
        instances: [{ name: "shop-1", alive: true, healthy: true, pid, release: "v1" }],
        unreadable: [],
      });
    }));

  it("ends a process that ignores SIGTERM with SIGKILL", () =>
    within("stubborn", async (world) => {
      await act(world.actuator, "r/s", restart);
      expect(await world.exits()).toEqual(["SIGKILL"]);
    }));

  it("does not end a life that began after the capture", () =>
    within("polite", async (world) => {
      const asked = { ...restart, key: "r/s" };
      const before = await world.actuator.capture(asked);
      const other = await act(world.actuator, "other/s", restart);
      expect(await world.starts()).toBe(1);
      await world.actuator.execute({ ...asked, before }, new AbortController().signal);
      expect(await world.starts()).toBe(1);
      expect(other.done.after).toMatchObject({ pid: await world.pid() });
    }));

  it("moves scratch aside once per key, keeps what was in it and its mode", () =>
    within("polite", async (world) => {
      const request = requestOf("process.restart", { instance: "shop-1", clearScratch: true });
      const first = await act(world.actuator, "r/s", request);
      expect(await world.actuator.probe(first.request)).toBe("applied");
      await world.actuator.execute(first.request, new AbortController().signal);
      expect(await world.starts()).toBe(1);
      expect(await readdir(join(world.dir, "scratch"))).toEqual([]);
      const [aside] = (await readdir(world.dir)).filter((name) => name.startsWith("scratch.cleared-"));
      expect(await readdir(join(world.dir, aside ?? ""))).toEqual(["stuck"]);
    }));

  it("says that nobody started a dead instance again", () =>
    within("polite", async (world) => {
      await writeFile(join(world.dir, "stopped"), "");
      const asked = { ...restart, key: "r/s", timeoutMs: 20_000 };
      const before = await world.actuator.capture(asked);
      const request = { ...asked, before, timeoutMs: 1_500 };
      await expect(world.actuator.execute(request, new AbortController().signal)).rejects.toMatchObject({
        code: "timeout",
        retryable: false,
      });
      expect(await world.actuator.probe(request)).toBe("not-applied");
      expect(await world.actuator.observe("shop")).toMatchObject({ instances: [{ name: "shop-1", alive: false }] });
    }));

  it.each([
    ["its own process", () => String(process.pid)],
    ["init", () => "1"],
    ["a process group", () => "-1"],
    ["no number", () => "12; rm"],
  ])("refuses a pid file that names %s", (_what, content) =>
    within("polite", async (world) => {
      const pidFile = join(world.dir, "instance.pid");
      const real = await readFile(pidFile, "utf8");
      await writeFile(pidFile, content());
      await expect(world.actuator.capture({ ...restart, key: "r/s" })).rejects.toMatchObject({ code: "bad-pid-file" });
      expect(await world.actuator.observe("shop")).toMatchObject({ instances: [], unreadable: [expect.any(String)] });
      expect(await lifeOf(Number(real))).toBeDefined();
    }),
  );

  it("leaves a stranger alone that got the dead instance's process id", () =>
    within("polite", async (world) => {
      const anHourAgo = Date.now() / 1_000 - 3_600;
      await utimes(join(world.dir, "instance.pid"), anHourAgo, anHourAgo);
      await expect(world.actuator.capture({ ...restart, key: "r/s" })).rejects.toMatchObject({ code: "stranger" });
      expect(await world.exits()).toEqual([]);
    }));
});
