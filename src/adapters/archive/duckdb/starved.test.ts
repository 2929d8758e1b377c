import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { logRow, thinned } from "../../../ports/archive.fixture.ts";
import { openDuckDbArchive } from "./duckdb-archive.ts";

const nowMs = Date.parse("2026-11-20T12:34:56Z");
const fixture = fileURLToPath(new URL("starved.fixture.ts", import.meta.url));

interface Told {
  readonly answers: readonly {
    readonly left: number;
    readonly taken: number;
    readonly answer: { readonly rows?: number; readonly missing?: number; readonly code?: string };
    readonly troubles: readonly string[];
  }[];
  readonly after: { readonly rows: number; readonly missing: readonly string[] };
}

/** In a process of its own, since one without file descriptors can do nothing else. */
async function starved(root: string): Promise<Told> {
  const limited = 'ulimit -n 120 && exec "$0" "$@"';
  const args = ["-c", limited, process.execPath, fixture, root, String(nowMs)];
  return JSON.parse((await promisify(execFile)("sh", args)).stdout) as Told;
}

test("a process that is out of file descriptors says that it cannot read, and sets no good file aside", async () => {
  const root = await mkdtemp(join(tmpdir(), "archive-"));
  try {
    const archive = await openDuckDbArchive({ root, writer: "c-0", nowMs: () => nowMs, leaveBytes: 0 });
    for (const i of [1, 2, 3]) await archive.write(thinned({ logs: [logRow(nowMs - i - 5 * 3_600_000)] }));
    await archive.close();
    const { answers, after } = await starved(root);
    const told = answers.map(({ answer }) => answer.code ?? (answer.rows === 3 ? "all" : `${answer.missing} missing`));
    expect(told).toContain("unavailable");
    expect(told).not.toContain("0 missing");
    expect(answers.flatMap((a) => a.troubles).join()).toMatch(/Too many open files/);
    expect(after).toEqual({ rows: 3, missing: [] });
    const names = await readdir(root, { recursive: true });
    expect(names.filter((name) => name.endsWith(".bad"))).toEqual([]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
