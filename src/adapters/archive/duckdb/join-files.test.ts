import { mkdtemp, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { logRow, thinned } from "../../../ports/archive.fixture.ts";
import { openDuckDb, type DuckDb } from "./duckdb.ts";
import { listFiles } from "./folder.ts";
import { joinFiles } from "./join-files.ts";
import { needRoom } from "./need-room.ts";
import { createShelf } from "./shelf.ts";
import type { TidyParts } from "./tidy-parts.ts";
import { writeBatch } from "./write-batch.ts";

const nowMs = Date.parse("2026-11-20T12:34:56Z");
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** An hour that is over, in files of `rows` rows each, and how many rows came into this process. */
async function given(rows: readonly number[], leaveBytes = 0) {
  const root = await mkdtemp(join(tmpdir(), "archive-"));
  ends.push(() => rm(root, { recursive: true, force: true }));
  const duckdb = await openDuckDb(root);
  ends.push(() => duckdb.close());
  let [named, taken] = [0, 0];
  const counting: DuckDb = {
    ...duckdb,
    async rows(...args) {
      const found = await duckdb.rows(...args);
      taken += found.length;
      return found;
    },
  };
  const name = () => `c-test-${nowMs}-${++named}.thinned.parquet`;
  for (const many of rows) {
    const logs = Array.from({ length: many }, (_, i) => logRow(nowMs - 5 * 3_600_000, { body: `${i}` }));
    await writeBatch(duckdb, { root, leaveBytes: 0, name }, thinned({ logs }));
  }
  const parts: TidyParts = { root, duckdb: counting, shelf: createShelf(root), name, leaveBytes };
  const files = async () => (await listFiles(root)).files.toSorted((a, b) => a.bytes - b.bytes);
  const joinHour = async (over: Partial<TidyParts> = {}) => joinFiles({ ...parts, ...over }, await files(), nowMs);
  const troubles = () => parts.shelf.state().troubles;
  return { root, parts, files, join: joinHour, troubles, taken: () => taken };
}

test("a broken straggler is set aside without a row of the joined hour coming into this process", async () => {
  const hour = await given([20_000, 5]);
  const [straggler] = await hour.files();
  await truncate(straggler?.path ?? "", 300);
  await hour.join();
  expect((await hour.files()).map((f) => f.kind).toSorted()).toEqual(["bad", "rows"]);
  expect(hour.troubles()).toEqual([expect.stringContaining("1 files cannot be read and were set aside")]);
  expect(hour.taken()).toBeLessThanOrEqual(2);
});

test("a disk that is full while files are joined makes no file broken: all stay, and the status says why", async () => {
  const hour = await given([5, 5]);
  const before = await hour.files();
  const { duckdb } = hour.parts;
  const full: DuckDb = {
    ...duckdb,
    connection: Object.assign(Object.create(duckdb.connection) as DuckDb["connection"], {
      run: () => Promise.reject(new Error("IO Error: Could not write file: No space left on device")),
    }),
  };
  await hour.join({ duckdb: full });
  expect(await hour.files()).toEqual(before);
  expect(hour.troubles()).toEqual([expect.stringContaining("No space left on device")]);
  await hour.join();
  expect((await hour.files()).length).toBe(1);
  expect(hour.troubles()).toEqual([]);
});

test("files are not joined in the room that is left to the database", async () => {
  const hour = await given([5, 5], Number.MAX_SAFE_INTEGER);
  const before = await hour.files();
  await hour.join();
  expect(await hour.files()).toEqual(before);
  expect(hour.troubles()).toEqual([
    expect.stringMatching(/^small files cannot be joined: only \d+ MB are free at .*left to the database/),
  ]);
  const root = hour.root;
  await expect(needRoom(root, 0, Number.MAX_SAFE_INTEGER)).rejects.toThrow(/^only \d+ MB are free/);
  await expect(needRoom(root, 0, 1)).resolves.toBeUndefined();
  expect((await readdir(root)).length).toBe(1);
});
