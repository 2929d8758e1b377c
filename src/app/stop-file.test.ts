import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StopEntry } from "../loop/decision/decision.ts";
import { liftStopFile, readStopFile, stopFileName, writeStopFile } from "./stop-file.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "stop-file-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const stop = (kind: StopEntry["scope"]["kind"], value = ""): StopEntry => ({
  scope: { kind, value },
  by: "ann",
  reason: "why",
  atMs: 1,
});

test("no file stops nothing", async () => expect(await readStopFile(dir)).toEqual([]));

test("what is written is read, each scope by itself", async () => {
  await writeStopFile(dir, stop("service", "cart"));
  await writeStopFile(dir, stop("all"));
  expect((await readStopFile(dir)).map((e) => e.scope.kind)).toEqual(["service", "all"]);
  expect(await liftStopFile(dir, { kind: "service", value: "cart" })).toBe(true);
  expect((await readStopFile(dir)).map((e) => e.scope.kind)).toEqual(["all"]);
  expect(await liftStopFile(dir, { kind: "all", value: "" })).toBe(true);
  expect(await readStopFile(dir)).toEqual([]);
});

test("an empty file stops everything: touch is enough", async () => {
  await writeFile(join(dir, stopFileName), "");
  expect((await readStopFile(dir)).map((e) => e.scope.kind)).toEqual(["all"]);
});

test("a line that cannot be read stops everything", async () => {
  await writeFile(join(dir, stopFileName), '{"scope":{"kind":"service","value":"cart"\n');
  expect((await readStopFile(dir)).map((e) => e.scope.kind)).toEqual(["all"]);
});

test("a file that cannot be read is an error, so that nothing acts", async () => {
  await mkdir(join(dir, stopFileName));
  await expect(readStopFile(dir)).rejects.toThrow();
});

test("lifting what is not stopped says so", async () =>
  expect(await liftStopFile(dir, { kind: "all", value: "" })).toBe(false));

test("a stop that is written while others are lifted is not lost", async () => {
  for (let i = 0; i < 20; i++) await writeStopFile(dir, stop("service", `s${i}`));
  const lifts = Array.from({ length: 20 }, (_, i) => liftStopFile(dir, stop("service", `s${i}`).scope));
  const writes = Array.from({ length: 10 }, (_, i) => writeStopFile(dir, stop("service", `kept${i}`)));
  await Promise.all([...lifts, ...writes]);
  const left = (await readStopFile(dir)).map((e) => e.scope.value).toSorted();
  expect(left).toEqual(Array.from({ length: 10 }, (_, i) => `kept${i}`));
});
