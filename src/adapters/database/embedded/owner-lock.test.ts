import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { takeOwnership } from "./owner-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "owner-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const lock = () => join(folder, "owner.lock");

it("is given to one at a time, and again after it was released", async () => {
  const release = await takeOwnership(folder);
  await expect(takeOwnership(folder)).rejects.toMatchObject({ code: "owned" });
  await expect(takeOwnership(folder)).rejects.toThrow(`belongs to the running process ${process.pid}:`);
  await release();
  expect(readdirSync(folder)).toEqual([]);
  await (
    await takeOwnership(folder)
  )();
});

it.each([
  ["a dead process", JSON.stringify({ pid: 2 ** 22 + 1, started: "1" })],
  ["an earlier process of a pid that lives", JSON.stringify({ pid: process.pid, started: "1" })],
  ["nobody, being damaged", '{"pid": 1'],
  ["nobody, being empty", ""],
])("is taken over from %s", async (_what, text) => {
  writeFileSync(lock(), text);
  const release = await takeOwnership(folder);
  expect(JSON.parse(readFileSync(lock(), "utf8"))).toMatchObject({ pid: process.pid });
  await release();
});

it("is taken over by exactly one of many who find it stale", async () => {
  for (let round = 0; round < 20; round++) {
    writeFileSync(lock(), JSON.stringify({ pid: 2 ** 22 + 1, started: "1" }));
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => takeOwnership(folder)));
    const winners = taken.flatMap((t) => (t.status === "fulfilled" ? [t.value] : []));
    expect(winners).toHaveLength(1);
    await winners[0]?.();
    expect(readdirSync(folder)).toEqual([]);
  }
});

it("leaves another's lock alone when released late", async () => {
  const release = await takeOwnership(folder);
  writeFileSync(lock(), "another's");
  await release();
  expect(readFileSync(lock(), "utf8")).toBe("another's");
});
