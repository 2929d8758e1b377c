import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { takeOwnership } from "./owner-lock.ts";

let folder: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "owner-lock-"));
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});
const pidFile = () => join(folder, "owner.pid");

it("is given to one at a time, and again after it was released", async () => {
  const release = await takeOwnership(folder);
  expect(statSync(join(folder, "data.lock")).mode & 0o777).toBe(0o600);
  await expect(takeOwnership(folder)).rejects.toMatchObject({ code: "owned" });
  await expect(takeOwnership(folder)).rejects.toThrow(`belongs to the running process ${process.pid}:`);
  await Promise.all([release(), release()]);
  expect(readdirSync(folder)).toEqual(["data.lock"]);
  const again = await takeOwnership(folder);
  await release();
  await expect(takeOwnership(folder), "a late release let another in").rejects.toMatchObject({ code: "owned" });
  await again();
});

it.each(["4194305\n", "not a pid", ""])(
  "is free whatever a process that is gone left in the pid file: %j",
  async (text) => {
    writeFileSync(pidFile(), text);
    const release = await takeOwnership(folder);
    expect(readFileSync(pidFile(), "utf8")).toBe(`${process.pid}\n`);
    await release();
  },
);

it("is refused also when nobody knows the owner's pid", async () => {
  const release = await takeOwnership(folder);
  rmSync(pidFile());
  await expect(takeOwnership(folder)).rejects.toThrow("belongs to another running process:");
  await release();
});

it("says which file is in the way when it cannot be locked", async () => {
  writeFileSync(join(folder, "data.lock"), "dear diary");
  await expect(takeOwnership(folder)).rejects.toMatchObject({ code: "unwritable" });
  await expect(takeOwnership(folder)).rejects.toThrow("data.lock");
});

it("is held by exactly one of many in a process", async () => {
  for (let round = 0; round < 5; round++) {
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => takeOwnership(folder)));
    const winners = taken.flatMap((t) => (t.status === "fulfilled" ? [t.value] : []));
    expect(winners).toHaveLength(1);
    await winners[0]?.();
  }
});

const module = new URL("./owner-lock.ts", import.meta.url).href;
const script = `
  const { takeOwnership } = await import(${JSON.stringify(module)});
  process.on("message", (folder) => takeOwnership(folder).then(() => process.send("won"), (e) => process.send(e.code)));
  process.on("disconnect", () => process.exit());
  process.send("ready");`;

/** A process that takes a folder when told to, and keeps it until it is killed. */
async function racer(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  children.add(child);
  await once(child, "message");
  return child;
}

async function take(child: ChildProcess): Promise<unknown> {
  const answered = once(child, "message");
  child.send(folder);
  return (await answered)[0];
}

it("never gets two owners when processes race for what a killed one held", async () => {
  let holder = await racer();
  expect(await take(holder)).toBe("won");
  const racers = await Promise.all([racer(), racer(), racer()]);
  for (let round = 0; round < 20; round++) {
    const answers = Promise.all(racers.map(take));
    holder.kill("SIGKILL");
    const said = await answers;
    expect(said.map(String).toSorted()).toEqual(["owned", "owned", "won"]);
    const winner = said.indexOf("won");
    expect(readFileSync(pidFile(), "utf8").trim()).toBe(String(racers[winner]?.pid));
    holder = racers[winner] ?? expect.fail("nobody won");
    racers[winner] = await racer();
  }
});
