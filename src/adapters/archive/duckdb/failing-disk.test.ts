import type * as FileSystem from "node:fs/promises";
import { mkdtemp, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { logRow, thinned } from "../../../ports/archive.fixture.ts";
import type { Archive } from "../../../ports/archive.ts";
import { openDuckDbArchive } from "./duckdb-archive.ts";

/** The file system as it is, but for calls that are told to fail; what changes names and what is synced is written down. */
const disk = vi.hoisted(() => ({
  calls: 0,
  fails: (_call: number): boolean => false,
  story: [] as { readonly call: "rename" | "rm" | "sync"; readonly path: string }[],
}));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof FileSystem>();
  const mayFail = async <T>(work: () => Promise<T>): Promise<T> => {
    if (disk.fails(++disk.calls)) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
    return work();
  };
  return {
    ...real,
    rename: (from: string, to: string) =>
      mayFail(async () => {
        await real.rename(from, to);
        disk.story.push({ call: "rename", path: to });
      }),
    rm: (path: string, options?: object) =>
      mayFail(async () => {
        disk.story.push({ call: "rm", path });
        await real.rm(path, options);
      }),
    readFile: (path: string, encoding: "utf8") => mayFail(() => real.readFile(path, encoding)),
    writeFile: (path: string, text: string, options?: object) => mayFail(() => real.writeFile(path, text, options)),
    lstat: (path: string) => mayFail(() => real.lstat(path)),
    async open(path: string, flags: string) {
      const file = await mayFail(() => real.open(path, flags));
      const sync = file.sync.bind(file);
      file.sync = () =>
        mayFail(async () => {
          await sync();
          disk.story.push({ call: "sync", path });
        });
      return file;
    },
  };
});

const hourMs = 3_600_000;
const nowMs = Date.parse("2026-11-20T12:34:56Z");
const forEver = { thinnedMs: 1e12, wholeMs: 1e12, bytesMax: 1e12 };
const bodies = ["1", "2", "3"];
let root = "";
let archive: Archive;

const open = async (): Promise<Archive> =>
  (archive = await openDuckDbArchive({ root, writer: "c-test", nowMs: () => nowMs, leaveBytes: 0 }));
const works = (): void => void (disk.fails = () => false);
const found = async (): Promise<string[]> =>
  (await archive.logs({ fromMs: 0, toMs: nowMs, limit: 100 })).rows.map((r) => r.body).toSorted();
const names = async (): Promise<string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();

/** An hour of three files that is over. */
async function givenHour(): Promise<string> {
  root = await mkdtemp(join(tmpdir(), "archive-"));
  await open();
  for (const body of bodies) await archive.write(thinned({ logs: [logRow(nowMs - 5 * hourMs, { body })] }));
  return dirname((await names())[0] ?? "");
}

async function end(): Promise<void> {
  works();
  await archive.close();
  const { rm } = await vi.importActual<typeof FileSystem>("node:fs/promises");
  await rm(root, { recursive: true, force: true });
}

/** How many calls joining takes when nothing fails. */
async function callsOfTidy(): Promise<number> {
  await givenHour();
  disk.calls = 0;
  await archive.tidy(forEver, nowMs);
  const { calls } = disk;
  await end();
  return calls;
}

describe("joining files while the disk fails", () => {
  test.each([
    ["once", (at: number, call: number) => call === at],
    ["from then on", (at: number, call: number) => call >= at],
  ])("loses no row and keeps none twice, wherever it fails %s, after a new start", async (_, when) => {
    const calls = await callsOfTidy();
    expect(calls).toBeGreaterThan(20);
    for (let at = 1; at <= calls; at++) {
      await givenHour();
      disk.calls = 0;
      disk.fails = (call) => when(at, call);
      await archive.tidy(forEver, nowMs).catch(() => undefined);
      works();
      expect([at, [...new Set(await found())]]).toEqual([at, bodies]);
      await archive.close();
      await open();
      expect([at, await found()]).toEqual([at, bodies]);
      expect((await names()).filter((name) => !name.endsWith(".parquet"))).toEqual([]);
      await end();
    }
  });

  test("is made good by the next round, and the status says so until then", async () => {
    const calls = await callsOfTidy();
    let told = 0;
    for (let at = 1; at <= calls; at++) {
      await givenHour();
      disk.calls = 0;
      disk.fails = (call) => call >= at;
      await archive.tidy(forEver, nowMs).catch(() => undefined);
      works();
      told += archive.state().troubles.length;
      await archive.tidy(forEver, nowMs);
      expect([at, await found(), (await names()).length]).toEqual([at, bodies, 1]);
      expect(archive.state().troubles).toEqual([]);
      await end();
    }
    expect(told).toBeGreaterThan(0);
  });

  test("a new start on a disk that fails still opens, and deletes nothing that may be the only copy", async () => {
    const folder = await givenHour();
    const parts = (await names()).map((name) => name.slice(folder.length + 1));
    await archive.tidy(forEver, nowMs);
    const [joined = ""] = await names();
    const bytes = await readFile(joined);
    await archive.close();
    // As it was when the old files were gone, had the new one not got its name.
    await writeFile(`${joined}.new`, bytes);
    const { rm } = await vi.importActual<typeof FileSystem>("node:fs/promises");
    await rm(joined);
    const journal = joined.replace(".parquet", ".merge.json");
    await writeFile(journal, JSON.stringify({ into: joined.slice(folder.length + 1), from: parts }));
    disk.calls = 0;
    let reached = 0;
    disk.fails = (call) => ((reached = call), true);
    await open();
    works();
    expect(reached).toBeGreaterThan(0);
    await archive.tidy(forEver, nowMs);
    expect([await found(), await names()]).toEqual([bodies, [joined]]);
    await end();
  });
});

describe("writing while the disk fails", () => {
  test.each([
    ["once", (at: number, call: number) => call === at],
    ["from then on", (at: number, call: number) => call >= at],
  ])("gives back what is not there, wherever it fails %s: what is written again is there once", async (_, when) => {
    const batch = thinned({ logs: [logRow(nowMs - 5 * hourMs, { body: "1" }), logRow(nowMs, { body: "2" })] });
    let left = 0;
    for (let at = 1; at <= 14; at++) {
      root = await mkdtemp(join(tmpdir(), "archive-"));
      await open();
      disk.calls = 0;
      disk.fails = (call) => when(at, call);
      const written = await archive.write(batch);
      works();
      left += Number(written.left !== undefined);
      if (written.left) expect((await archive.write(written.left.batch)).left).toBeUndefined();
      await archive.tidy(forEver, nowMs);
      const range = { fromMs: 0, toMs: nowMs + 1, limit: 100 };
      expect([at, (await archive.logs(range)).rows.map((r) => r.body)]).toEqual([at, ["1", "2"]]);
      await end();
    }
    expect(left).toBeGreaterThan(5);
  });
});

describe("a journal", () => {
  let folder = "";
  let old: string[] = [];
  const named = (kind: string): string => join(folder, `c-test-${nowMs}-9.thinned.${kind}`);

  beforeEach(async () => {
    folder = await givenHour();
    old = await names();
    await archive.close();
    const from = old.map((name) => name.slice(folder.length + 1));
    await writeFile(named("merge.json"), JSON.stringify({ into: `c-test-${nowMs}-9.thinned.parquet`, from }));
  });
  afterEach(end);

  test("whose new file is gone takes no old file with it", async () => {
    await open();
    expect([await found(), await names()]).toEqual([bodies, old]);
  });

  test.each(["parquet.new", "parquet"])("whose new file is broken (`%s`) takes no old file with it", async (kind) => {
    await writeFile(named(kind), await readFile(old[0] ?? ""));
    await truncate(named(kind), 300);
    await open();
    expect(await found()).toEqual(bodies);
    expect(await names()).toEqual(kind === "parquet" ? [...old, named("parquet.bad")].toSorted() : old);
  });

  test("that is damaged takes nothing with it, and is in nobody's way", async () => {
    await writeFile(named("merge.json"), "{");
    await writeFile(named("parquet.new"), await readFile(old[0] ?? ""));
    await open();
    expect([await found(), await names()]).toEqual([bodies, old]);
  });
});

test("names are on disk before anything they replace goes, so that a loss of power takes neither", async () => {
  disk.story.length = 0;
  const folder = await givenHour();
  await archive.tidy(forEver, nowMs);
  const renames = disk.story.flatMap(({ call }, i) => (call === "rename" ? [i] : []));
  expect(renames).toHaveLength(3 + 3);
  for (const i of renames) expect(disk.story[i + 1]).toEqual({ call: "sync", path: folder });
  expect(disk.story.find(({ call, path }) => call === "sync" && path === root)).toBeDefined();
  const goneForGood = disk.story.findLastIndex(({ call, path }) => call === "rm" && path.endsWith(".merge.json"));
  expect(disk.story[goneForGood - 1]).toEqual({ call: "sync", path: folder });
  await end();
});
