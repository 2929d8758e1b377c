import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../../kernel/random.ts";
import { noRows } from "../../../loop/keeping/row.ts";
import { logRow, pointRow, redRow, spanRow, thinned, whole } from "../../../ports/archive.fixture.ts";
import { archiveSuite } from "../../../ports/archive.testsuite.ts";
import type { Archive } from "../../../ports/archive.ts";
import { openDuckDbArchive } from "./duckdb-archive.ts";

const nowMs = Date.parse("2026-11-20T12:34:56Z");
const hourMs = 3_600_000;
const all = { fromMs: 0, toMs: nowMs, limit: 10_000 };
const forEver = { thinnedMs: 1e12, wholeMs: 1e12, bytesMax: 1e12 };
const archives: Archive[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const archive of archives.splice(0)) await archive.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "archive-"));
  folders.push(folder);
  return folder;
}

async function open(root: string, leaveBytes = 0): Promise<Archive> {
  const archive = await openDuckDbArchive({ root, writer: "c-test", nowMs: () => nowMs, leaveBytes });
  archives.push(archive);
  return archive;
}

async function given() {
  const root = join(await emptyFolder(), "telemetry");
  return { root, archive: await open(root), nowMs };
}

const filesIn = async (root: string): Promise<string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();

/** What another tool sees: a DuckDB of its own that knows nothing of ours. */
async function readAnywhere(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

archiveSuite("Parquet by DuckDB", given);

describe("the files", () => {
  test("are read by another reader as hive partitions, with names, units and types as documented", async () => {
    const { root, archive } = await given();
    const at = Date.parse("2026-11-20T09:15:00.250Z");
    await archive.write({
      whole: { ...noRows, spans: [spanRow(at, { keptFor: "window", share: 1 })] },
      thinned: { red: [redRow(at)], points: [pointRow(at)], logs: [logRow(at)], spans: [spanRow(at)] },
    });
    const of = (table: string) => `read_parquet('${root}/${table}/**/*.parquet', hive_partitioning = true)`;
    const [count] = await readAnywhere(
      `SELECT count(*)::INT AS n, min(date)::VARCHAR AS day, min(hour)::INT AS hour, min(epoch_ms(time))::VARCHAR AS at FROM ${of("spans")}`,
    );
    expect(count).toEqual({ n: 2, day: "2026-11-20", hour: 9, at: String(at) });
    const documented = await readFile(
      fileURLToPath(new URL("../../../../docs/reference/telemetry-store.md", import.meta.url)),
      "utf8",
    );
    for (const table of ["red", "points", "logs", "spans"]) {
      const columns = await readAnywhere(`DESCRIBE SELECT * EXCLUDE (date, hour) FROM ${of(table)}`);
      const section = documented.split(`## \`${table}\``)[1]?.split("\n## ")[0] ?? "";
      const rows = [...section.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm)].map(([, name, type]) => `${name} ${type}`);
      expect(rows).toEqual(columns.map((c) => `${String(c["column_name"])} ${String(c["column_type"])}`));
    }
    const [point] = await readAnywhere(`SELECT attributes['queue'] AS queue, last FROM ${of("points")}`);
    expect(point).toEqual({ queue: "orders", last: 3 });
  });

  test("lie under their table, date, hour and tier, and nothing else is there", async () => {
    const { root, archive } = await given();
    await archive.write(whole({ logs: [logRow(nowMs), logRow(nowMs - hourMs)] }));
    expect((await filesIn(root)).map((f) => f.slice(root.length))).toEqual([
      `/logs/date=2026-11-20/hour=11/c-test-${nowMs}-2.whole.parquet`,
      `/logs/date=2026-11-20/hour=12/c-test-${nowMs}-1.whole.parquet`,
    ]);
  });

  test("of long lines are written and joined within DuckDB's memory", async () => {
    const { root, archive } = await given();
    const at = nowMs - 5 * hourMs;
    const lines = (from: number) =>
      Array.from({ length: 2_000 }, (_, i) => logRow(at, { body: `${from + i} `.repeat(2_000).slice(0, 8_192) }));
    for (let i = 0; i < 6; i++) expect((await archive.write(thinned({ logs: lines(i * 2_000) }))).left).toBeUndefined();
    expect((await filesIn(root)).length).toBeGreaterThan(6);
    await archive.tidy(forEver, nowMs);
    expect(archive.state()).toMatchObject({ files: 1, setAside: 0, troubles: [] });
    const [there] = await readAnywhere(`SELECT count(*)::INT AS n FROM read_parquet('${root}/logs/**/*.parquet')`);
    expect(there).toEqual({ n: 12_000 });
  });

  test("take up few bytes a row", async () => {
    const { archive } = await given();
    const spans = Array.from({ length: 5_000 }, (_, i) =>
      spanRow(nowMs - 5_000 + i, { traceId: `${i}`.padStart(32, "a"), durationMs: (i * 7919) % 1_000 }),
    );
    const { bytes } = await archive.write(thinned({ spans }));
    expect(bytes.spans / spans.length).toBeLessThan(40);
  });
});

describe("what is broken", () => {
  /** Three files of an hour, of which one is to be broken. */
  async function threeFiles() {
    const { root, archive } = await given();
    for (const i of [1, 2, 3])
      await archive.write(
        thinned({ logs: Array.from({ length: 200 }, (_, k) => logRow(nowMs - i, { body: `${i} ${k}` })) }),
      );
    const [first = ""] = await filesIn(root);
    return { root, archive, first };
  }

  test.each([
    ["truncated", (path: string) => truncate(path, 700)],
    ["empty", (path: string) => truncate(path, 0)],
    ["no Parquet at all", (path: string) => writeFile(path, "PAR1 is what it begins with, and that is all: PAR1")],
    [
      "damaged inside",
      async (path: string) => {
        const bytes = await readFile(path);
        await writeFile(path, bytes.fill(0x5a, 8, 300));
      },
    ],
  ])(
    "a file that is %s is set aside and named; all others are read, and the answer says that something is missing (B7)",
    async (_, damage) => {
      const { archive, first } = await threeFiles();
      await damage(first);
      const found = await archive.logs(all);
      expect(found.rows).toHaveLength(400);
      expect(found.missing).toEqual([`\`${first}\` cannot be read`]);
      expect(archive.state()).toMatchObject({
        setAside: 1,
        troubles: [expect.stringContaining("1 files cannot be read")],
      });
      expect(await readdir(dirname(first))).toContain(`${first.split("/").at(-1)}.bad`);
      const again = await archive.logs(all);
      expect([again.rows.length, again.missing.length]).toEqual([400, 1]);
      expect((await archive.logs({ ...all, toMs: nowMs - 24 * hourMs })).missing).toEqual([]);
    },
  );

  test("damage of any kind ends in an answer: never in a crash, nor in a question that fails", async () => {
    const { archive, first } = await threeFiles();
    const good = await readFile(first);
    const random = seededRandom(7);
    const anywhere = () => Math.floor(random() * good.length);
    for (let i = 0; i < 60; i++) {
      const damaged = Buffer.from(good.subarray(0, i % 3 === 0 ? anywhere() : good.length));
      for (let k = 0; k < 4; k++) damaged[anywhere()] = Math.floor(random() * 256);
      await rm(`${first}.bad`, { force: true });
      await writeFile(first, damaged);
      const { rows } = await archive.logs(all);
      expect(rows.length).toBeGreaterThanOrEqual(400);
    }
  });

  test("a broken file hinders neither joining the others nor opening again", async () => {
    const { root, archive, first } = await threeFiles();
    const old = join(root, "logs", "date=2026-11-20", "hour=03");
    await mkdir(old);
    for (const file of await readdir(dirname(first))) await rename(join(dirname(first), file), join(old, file));
    const [broken = ""] = await readdir(old);
    await truncate(join(old, broken), 500);
    await archive.tidy(forEver, nowMs);
    await archive.tidy(forEver, nowMs);
    const names = await readdir(old);
    expect(names.filter((n) => n.endsWith(".parquet"))).toHaveLength(1);
    expect(names).toContain(`${broken}.bad`);
    expect((await open(root)).state()).toMatchObject({ setAside: 1, files: 1 });
  });

  test("Parquet of something else is set aside, other files are left alone, and links are not followed", async () => {
    const { root, archive, first } = await threeFiles();
    const folder = dirname(first);
    const outside = await emptyFolder();
    await writeFile(join(outside, "precious.parquet"), "not ours");
    await symlink(outside, join(root, "logs", "date=2026-11-19"));
    await symlink(join(outside, "precious.parquet"), join(folder, `c-other-${nowMs}-1.thinned.parquet`));
    await readAnywhere(`COPY (SELECT 1 AS a) TO '${folder}/else.parquet' (FORMAT parquet)`);
    await writeFile(join(folder, "README.txt"), "mine");
    const found = await archive.logs(all);
    expect([found.rows.length, found.missing.length]).toEqual([600, 2]);
    await archive.tidy({ thinnedMs: 1, wholeMs: 1, bytesMax: 1 }, nowMs + 48 * hourMs);
    expect((await readdir(folder)).toSorted()).toEqual(
      [`c-other-${nowMs}-1.thinned.parquet`, "README.txt", "else.parquet.bad"].toSorted(),
    );
    expect(await readFile(join(outside, "precious.parquet"), "utf8")).toBe("not ours");
  });

  test("a folder that cannot be read is named, and the others are read", async () => {
    const { root, archive } = await threeFiles();
    const broken = join(root, "logs", "date=2026-11-19");
    await writeFile(broken, "a file where a folder should be");
    const found = await archive.logs(all);
    expect([found.rows.length, found.missing]).toEqual([600, [`the folder \`${broken}\` cannot be read`]]);
    await archive.tidy(forEver, nowMs);
    expect(archive.state().troubles).toEqual([`folders cannot be read: ${broken}`]);
  });

  test("rows that cannot be written come back whole, and go in when the way is free; nothing is there twice", async () => {
    const { root, archive } = await given();
    await writeFile(join(root, "logs"), "in the way");
    const batch = thinned({ logs: [logRow(nowMs - 1)], points: [pointRow(nowMs - 1)], spans: [spanRow(nowMs - 1)] });
    const { left } = await archive.write(batch);
    expect(left?.batch).toEqual(thinned({ logs: batch.thinned.logs }));
    expect(archive.state().troubles).toEqual([expect.stringContaining("telemetry cannot be written")]);
    await rm(join(root, "logs"));
    expect((await archive.write(left?.batch ?? batch)).left).toBeUndefined();
    expect(archive.state().troubles).toEqual([]);
    const found = [await archive.logs(all), await archive.spans(all)].map((f) => f.rows.length);
    expect(found).toEqual([1, 1]);
  });

  test("a number that fits no column is unknown, and keeps nothing else back", async () => {
    const { archive } = await given();
    const codes = [200, 1e12, 200.5, Number.NaN, -1];
    const spans = codes.map((statusCode, i) => spanRow(nowMs - 10 + i, { statusCode }));
    const points = [pointRow(nowMs - 1, { min: Number.NaN, max: Infinity, sum: -0, startMs: Infinity })];
    expect((await archive.write(thinned({ spans, points }))).left).toBeUndefined();
    expect((await archive.spans(all)).rows.map((r) => r.statusCode)).toEqual([
      200,
      undefined,
      undefined,
      undefined,
      -1,
    ]);
  });

  test("on a disk that is nearly full nothing is written, and the status says how much is free", async () => {
    const root = await emptyFolder();
    const archive = await open(root, Number.MAX_SAFE_INTEGER);
    const { left } = await archive.write(thinned({ logs: [logRow(nowMs)] }));
    expect(left?.why).toMatch(/^only \d+ MB are free at/);
    expect(left?.batch.thinned.logs).toHaveLength(1);
    expect(await filesIn(root)).toEqual([]);
  });

  test("more questions at a time than can wait are refused, not piled up (I11)", async () => {
    const { archive } = await threeFiles();
    const asked = await Promise.allSettled(Array.from({ length: 200 }, () => archive.logs(all)));
    const refused = asked.filter((a) => a.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((r) => (r.reason as { code: string }).code === "unavailable")).toBe(true);
    expect((await archive.logs(all)).rows).toHaveLength(600);
  });
});

describe("a process that dies", () => {
  const fixture = fileURLToPath(new URL("writer.fixture.ts", import.meta.url));
  const someRows = /^[1-9]\d*$/m;

  /** Starts a writer, kills it a while after its first rows, and tells how many rows it said were written. */
  const killed = (root: string, writer: string, afterMs: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [fixture, root, String(nowMs), writer], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.on("data", (data: Buffer) => {
        const before = said;
        said += data.toString();
        if (!someRows.test(before) && someRows.test(said)) setTimeout(() => child.kill("SIGKILL"), afterMs);
      });
      child.on("error", reject);
      child.on("exit", () =>
        resolve(
          Number(
            said
              .trimEnd()
              .split("\n")
              .findLast((line) => /^\d+$/.test(line)) ?? 0,
          ),
        ),
      );
    });

  test("leaves nothing that cannot be read, loses nothing it said was written, and nothing is there twice", async () => {
    const root = join(await emptyFolder(), "telemetry");
    for (const [i, afterMs] of [150, 400, 700, 1_100].entries()) {
      const said = await killed(root, `c-${i}`, afterMs);
      const archive = await open(root);
      const found = await archive.spans({ ...all, traceId: `c-${i}`, limit: 100_000 });
      const ids = found.rows.map((r) => r.spanId);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length).toBeGreaterThanOrEqual(said);
      expect([found.missing, archive.state()]).toMatchObject([[], { setAside: 0, troubles: [] }]);
      expect((await filesIn(root)).filter((f) => !f.endsWith(".parquet"))).toEqual([]);
      const [there] = await readAnywhere(
        `SELECT count(*)::INT AS n FROM read_parquet('${root}/spans/**/*.parquet', hive_partitioning = true) WHERE trace_id = 'c-${i}'`,
      );
      expect(there).toEqual({ n: ids.length });
    }
  });

  test("in the middle of joining files leaves a journal by which the next carries it through", async () => {
    const { root, archive } = await given();
    for (const i of [1, 2]) await archive.write(thinned({ logs: [logRow(nowMs - 5 * hourMs, { body: `${i}` })] }));
    const parts = await filesIn(root);
    const folder = dirname(parts[0] ?? "");
    await archive.tidy(forEver, nowMs);
    const [joined = ""] = await filesIn(root);
    // As it was right after the new file got its name: the old ones are still there.
    await archive.write(thinned({ logs: [logRow(nowMs - 5 * hourMs, { body: "1" })] }));
    const leftover = (await filesIn(root)).find((f) => f !== joined) ?? "";
    const journal = { into: joined.split("/").at(-1), from: [leftover.split("/").at(-1)] };
    await writeFile(join(folder, `c-test-${nowMs}-9.thinned.merge.json`), JSON.stringify(journal));
    await writeFile(join(folder, `c-test-${nowMs}-8.thinned.parquet.part`), "half a file");
    const next = await open(root);
    expect((await next.logs(all)).rows.map((r) => r.body).toSorted()).toEqual(["1", "2"]);
    expect(await filesIn(root)).toEqual([joined]);
  });
});
