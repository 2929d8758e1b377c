import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { findBinaries } from "./binaries.ts";
import { databaseUser } from "./database-user.ts";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "./embedded-postgres.ts";

const isRoot = process.getuid?.() === 0;
const module = new URL("./embedded-postgres.ts", import.meta.url);

const running: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders) await endLeftOver(folder);
  await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Also a failed test leaves no Postgres behind: what still works on a folder of ours is ended. */
async function endLeftOver(folder: string): Promise<void> {
  for (const data of [join(folder, "postgres"), placeOf(folder)]) {
    const pid = Number(read(join(data, "postmaster.pid")).split("\n")[0]);
    if (pid > 1 && read(`/proc/${pid}/cmdline`).includes(data)) process.kill(pid, "SIGQUIT");
    for (let i = 0; i < 200 && lives(pid); i++) await pause(20);
  }
}

const lives = (pid: number): boolean => pid > 1 && existsSync(`/proc/${pid}`);
const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
const placeOf = (folder: string): string => read(join(folder, "postgres.place")).trim();
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

function newFolder(mode = 0o711): string {
  const folder = mkdtempSync(join(tmpdir(), "embedded-"));
  chmodSync(folder, mode);
  folders.push(folder);
  return folder;
}

const said: string[] = [];
async function start(dataDir: string): Promise<EmbeddedPostgres> {
  said.length = 0;
  const postgres = await startEmbeddedPostgres({ dataDir, log: (text) => said.push(text) });
  running.push(postgres);
  return postgres;
}

async function started(folder: string): Promise<EmbeddedPostgres> {
  const postgres = await start(folder);
  await postgres.stop();
  return postgres;
}

async function failure(work: Promise<unknown>): Promise<AdapterError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AdapterError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

interface Owner {
  readonly child: ChildProcess;
  readonly url: string;
  readonly code: string;
  readonly message: string;
}

/** Another process that owns the database until it is killed, or its input ends. */
async function ownElsewhere(dataDir: string, uid?: number): Promise<Owner> {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module.href)});
    const tell = (value) => console.log(JSON.stringify(value));
    try {
      const postgres = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: () => undefined });
      tell({ url: postgres.url });
      process.stdin.resume().on("end", () => postgres.stop());
    } catch (error) { tell({ code: error.code, message: error.message }); }`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["pipe", "pipe", "inherit"],
    cwd: "/",
    ...(uid === undefined ? {} : { uid, gid: uid, env: {} }),
  });
  children.push(child);
  if (!child.stdout) throw new Error("no output");
  for await (const line of createInterface(child.stdout)) {
    const told: Omit<Owner, "child"> = JSON.parse(line);
    return { child, ...told };
  }
  throw new Error("it ended without a word");
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

const postmasterOf = (postgres: EmbeddedPostgres): number =>
  Number(readFileSync(join(postgres.dataDir, "postmaster.pid"), "utf8").split("\n")[0]);

describe("a new database", () => {
  it("is a real Postgres on loopback only, durable, with its password for its owner only", async () => {
    const folder = join(newFolder(), "made", "here");
    const { url, dataDir } = await start(folder);
    expect(said).toEqual(["making a new database"]);
    expect(new URL(url)).toMatchObject({ hostname: "127.0.0.1", pathname: "/homeostat" });
    expect(await ask(url, "show fsync")).toEqual(["on"]);
    expect(await ask(url, "show full_page_writes")).toEqual(["on"]);
    expect(await ask(url, "show listen_addresses")).toEqual(["127.0.0.1"]);
    expect(await ask(url, "show unix_socket_directories")).toEqual([""]);
    expect(statSync(join(folder, "postgres.password")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "postgres.log")).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    const guess = Object.assign(new URL(url), { password: "homeostat" }).href;
    await expect(ask(guess, "select 1")).rejects.toMatchObject({ code: "28P01" });
  });

  it("ends with a clean shutdown, gives up its data, and is there again at the next start", async () => {
    const folder = newFolder();
    const first = await start(folder);
    await ask(first.url, "create table t as select 42 as n");
    const pid = postmasterOf(first);
    await Promise.all([first.stop(), first.stop()]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(readdirSync(folder)).not.toContain("owner.pid");
    expect(readFileSync(join(folder, "postgres.log"), "utf8")).toContain("database system is shut down");
    const again = await start(folder);
    expect(said).toEqual([]);
    expect(await ask(again.url, "select n from t")).toEqual([42]);
    expect(readFileSync(join(folder, "postgres.log"), "utf8")).not.toContain("was not properly shut down");
  });
});

describe("after a crash", () => {
  it("goes on with the Postgres that outlived its killed owner", async () => {
    const folder = newFolder();
    const owner = await ownElsewhere(folder);
    await ask(owner.url, "create table t as select 42 as n");
    await kill(owner.child);
    const postgres = await start(folder);
    expect(postgres.url).toBe(owner.url);
    expect(said.join()).toContain(`process ${postmasterOf(postgres)}`);
    expect(await ask(postgres.url, "select n from t")).toEqual([42]);
  });

  it("recovers what was committed when Postgres and its owner were killed at once", async () => {
    const folder = newFolder();
    const owner = await ownElsewhere(folder);
    await ask(owner.url, "create table t as select 42 as n");
    process.kill(Number(readFileSync(join(folder, "postgres", "postmaster.pid"), "utf8").split("\n")[0]), "SIGKILL");
    await kill(owner.child);
    const postgres = await start(folder);
    expect(await ask(postgres.url, "select n from t")).toEqual([42]);
    expect(readFileSync(join(folder, "postgres.log"), "utf8")).toContain("was not properly shut down");
  });

  it("is not held up by a pid file whose pid went to another program, which is left alone", async () => {
    const folder = newFolder();
    const first = await start(folder);
    const pidFile = join(first.dataDir, "postmaster.pid");
    const lines = readFileSync(pidFile, "utf8").split("\n");
    await first.stop();
    const other = spawn("/bin/sh", ["-c", "cat; exit 7"], {
      stdio: ["pipe", "ignore", "ignore"],
      ...(await databaseUser()),
    });
    writeFileSync(pidFile, [other.pid, ...lines.slice(1)].join("\n"));
    const postgres = await start(folder);
    await postgres.stop();
    other.stdin?.end();
    expect(await once(other, "exit")).toEqual([7, null]);
  });
});

describe("when Postgres ends although nobody here stopped it", () => {
  it.each(["SIGKILL", "SIGQUIT"] as const)(
    "goes on at the same address after %s, with all that was committed",
    async (signal) => {
      const postgres = await start(newFolder());
      await ask(postgres.url, "create table t as select 42 as n");
      const sleeper = ask(postgres.url, "select pg_sleep(2)").catch((error: unknown) => error);
      process.kill(postmasterOf(postgres), signal);
      await expect.poll(() => postgres.restarts(), { timeout: 30_000 }).toBe(1);
      expect(await ask(postgres.url, "select n from t")).toEqual([42]);
      expect(postgres.trouble()).toBeUndefined();
      expect(said.join("\n")).toContain("starting it again");
      await sleeper;
    },
  );

  it("says that a stranger took its port, leaves it alone, and comes back once the port is free", async () => {
    const postgres = await start(newFolder());
    const port = Number(new URL(postgres.url).port);
    process.kill(postmasterOf(postgres), "SIGKILL");
    const stranger = await listenOn(port);
    await expect.poll(() => postgres.trouble(), { timeout: 30_000 }).toContain(`took its port ${port}`);
    expect(postgres.restarts()).toBe(0);
    await new Promise((done) => stranger.close(done));
    await expect.poll(() => postgres.trouble(), { timeout: 30_000 }).toBeUndefined();
    expect(await ask(postgres.url, "select 1")).toEqual([1]);
  });

  it("never starts one while it is being stopped", async () => {
    const folder = newFolder();
    for (const delayMs of [0, 1_000, 1_050, 1_100, 1_300]) {
      const postgres = await start(folder);
      process.kill(postmasterOf(postgres), "SIGKILL");
      await pause(delayMs);
      await postgres.stop();
      await pause(200);
      expect(processesOn(postgres.dataDir), `stopped after ${delayMs} ms`).toEqual([]);
    }
  });
});

/** As soon as it is free. */
async function listenOn(port: number): Promise<Server> {
  for (;;) {
    const server = createServer();
    const listening = once(server.listen(port, "127.0.0.1"), "listening").then(() => true);
    if (await listening.catch(() => false)) return server;
    await pause(2);
  }
}

/** Whatever has this folder on its command line. */
const processesOn = (dataDir: string): string[] =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes(`\0${dataDir}\0`));

describe("a second owner", () => {
  it("is refused with the pid of the first, whose database goes on", async () => {
    const folder = newFolder();
    const owner = await ownElsewhere(folder);
    const error = await failure(start(folder));
    expect(error.code).toBe("owned");
    expect(error.message).toContain(`process ${owner.child.pid}`);
    expect(await ask(owner.url, "select 1")).toEqual([1]);
    owner.child.stdin?.end();
    await once(owner.child, "exit");
    expect(await ask((await start(folder)).url, "select 1")).toEqual([1]);
  });
});

it.runIf(existsSync("/proc/self/fd"))("keeps the lock to itself: its Postgres could not hold it on", async () => {
  const folder = newFolder();
  const pid = postmasterOf(await start(folder));
  const open = (who: number | string) =>
    readdirSync(`/proc/${who}/fd`).map((fd) => spawnSync("readlink", [`/proc/${who}/fd/${fd}`]).stdout.toString());
  expect(open(pid).length).toBeGreaterThan(2);
  expect(open(pid).join("")).not.toContain("data.lock");
  expect(open(process.pid).join("")).toContain("data.lock");
});

describe("what is wrong is said", () => {
  it("when the password file is gone or another's, and nothing is left running", async () => {
    const folder = newFolder();
    await (await start(folder)).stop();
    const file = join(folder, "postgres.password");
    writeFileSync(file, "0".repeat(48));
    await expect(start(folder)).rejects.toMatchObject({ code: "wrong-password" });
    rmSync(file);
    await expect(start(folder)).rejects.toMatchObject({ code: "no-password" });
    expect(readdirSync(join(folder, "postgres"))).not.toContain("postmaster.pid");
    expect(readdirSync(folder)).not.toContain("owner.pid");
  });

  it("when what is there is no database, which is left as it is", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "postgres"));
    writeFileSync(join(folder, "postgres", "diary.txt"), "dear diary");
    await expect(start(folder)).rejects.toMatchObject({ code: "unreadable" });
    expect(readFileSync(join(folder, "postgres", "diary.txt"), "utf8")).toBe("dear diary");
  });

  it("when another major version made it", async () => {
    const folder = newFolder();
    const { dataDir } = await started(folder);
    writeFileSync(join(dataDir, "PG_VERSION"), "13\n");
    await expect(start(folder)).rejects.toMatchObject({ code: "other-version" });
  });

  it("when Postgres ends while starting: in its own words", async () => {
    const folder = newFolder();
    const { dataDir } = await started(folder);
    writeFileSync(join(dataDir, "postgresql.conf"), "no_such_setting = 1\n");
    const error = await failure(start(folder));
    expect(error.code).toBe("postgres-ended");
    expect(error.message).toContain("postgres.log");
    expect(readdirSync(folder)).not.toContain("owner.pid");
  });

  it("when the directory cannot be made", async () => {
    const file = join(newFolder(), "file");
    writeFileSync(file, "");
    await expect(start(join(file, "data"))).rejects.toMatchObject({ code: "unwritable" });
  });
});

const mountable =
  isRoot &&
  (() => {
    const folder = newFolder();
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", folder]).status === 0;
    if (mounted) execFileSync("umount", [folder]);
    return mounted;
  })();

describe.runIf(mountable)("a full disk", () => {
  it("is named when a new database does not fit, which leaves none, and works once there is room", async () => {
    const folder = newFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=20m,mode=711", "none", folder]);
    try {
      const error = await failure(start(folder));
      expect(error.code).toBe("disk-full");
      expect(error.message).toContain("No space left on device");
      expect(readdirSync(folder)).not.toContain("postgres");
      execFileSync("mount", ["-o", "remount,size=200m", folder]);
      const postgres = await start(folder);
      expect(await ask(postgres.url, "select 1")).toEqual([1]);
      await postgres.stop();
    } finally {
      await endLeftOver(folder);
      execFileSync("umount", ["-l", folder]);
    }
  });
});

describe.runIf(isRoot)("as root", () => {
  it("keeps the data where the database user gets to when ours is under a 0700 folder, and finds it again", async () => {
    const folder = join(newFolder(0o700), "data");
    const first = await start(folder);
    try {
      expect(first.dataDir).toMatch(/^\/var\/lib\/homeostat\/data\//);
      await ask(first.url, "create table t as select 42 as n");
      await first.stop();
      chmodSync(dirname(folder), 0o755);
      const again = await start(folder);
      expect(again.dataDir).toBe(first.dataDir);
      expect(await ask(again.url, "select n from t")).toEqual([42]);
      await again.stop();
    } finally {
      await endLeftOver(folder);
      rmSync(first.dataDir, { recursive: true, force: true });
    }
  });

  it("runs a copy of the programs when they are under a 0700 folder", async () => {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const native = join(
      dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
      "..",
      "native",
    );
    const folder = newFolder(0o700);
    const version = `0.0.0-test.${randomBytes(4).toString("hex")}`;
    execFileSync("cp", ["-a", native, join(folder, "native")]);
    chmodSync(join(folder, "native", "bin", "postgres"), 0o700);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ version }, null, 2));
    try {
      const both = await Promise.all(
        [1, 2].map(async () => findBinaries(await databaseUser(), join(folder, "native"))),
      );
      expect(new Set(both)).toEqual(new Set([`/var/lib/homeostat/binaries/${version}/bin`]));
      const siblings = readdirSync("/var/lib/homeostat/binaries").filter((name) => name.startsWith(version));
      expect(siblings).toEqual([version]);
    } finally {
      rmSync(`/var/lib/homeostat/binaries/${version}`, { recursive: true, force: true });
    }
  });

  const nobody = 65_534;
  const reachable =
    spawnSync(process.execPath, ["--eval", `require("fs").readFileSync(${JSON.stringify(module.pathname)})`], {
      uid: nobody,
      gid: nobody,
      cwd: "/",
    }).status === 0;

  // Under a folder of mode 0700 another user could not even read these sources.
  it.runIf(reachable)("another user owns a database of its own, which root then leaves to it", async () => {
    const folder = newFolder();
    chownSync(folder, nobody, nobody);
    const owner = await ownElsewhere(folder, nobody);
    expect(await ask(owner.url, "select 1")).toEqual([1]);
    expect(statSync(join(folder, "postgres")).uid).toBe(nobody);
    owner.child.stdin?.end();
    await once(owner.child, "exit");
    expect(readdirSync(join(folder, "postgres"))).not.toContain("postmaster.pid");
    await expect(start(folder)).rejects.toMatchObject({ code: "other-user" });
    const again = await ownElsewhere(folder, nobody);
    expect(await ask(again.url, "select 1")).toEqual([1]);
  });
});
