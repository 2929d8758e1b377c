import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { archiveSuite } from "../../../ports/archive.testsuite.ts";
import type { Archive } from "../../../ports/archive.ts";
import { openDuckDbArchive } from "./duckdb-archive.ts";

const nowMs = Date.parse("2026-11-20T12:34:56Z");
const opened: { archive: Archive; dir: string }[] = [];

afterEach(async () => {
  for (const { archive, dir } of opened.splice(0)) {
    await archive.close();
    await rm(dir, { recursive: true, force: true });
  }
});

async function given(dir?: string) {
  const data = dir ?? (await mkdtemp(join(tmpdir(), "archive-")));
  const root = join(data, "telemetry");
  const archive = await openDuckDbArchive({ root, writer: "c-test", nowMs: () => nowMs, leaveBytes: 0 });
  opened.push({ archive, dir: data });
  return { archive, nowMs, root };
}

archiveSuite("Parquet by DuckDB", () => given());
