import { closeSync, openSync } from "node:fs";
import { openDuckDbArchive } from "./duckdb-archive.ts";

/** Asks and tidies while but a few file descriptors are left, for each number of them; to be run with a low limit. */
const [root = "", now = "0"] = process.argv.slice(2);
const nowMs = Number(now);
const archive = await openDuckDbArchive({ root, writer: "c-1", nowMs: () => nowMs, leaveBytes: 0 });
const ask = () => archive.logs({ fromMs: 0, toMs: nowMs, limit: 100 });
await ask();

function takeAll(): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch {
    return taken;
  }
}

const answers: unknown[] = [];
for (const left of [0, 1, 2, 3]) {
  const taken = takeAll();
  for (const file of taken.splice(0, left)) closeSync(file);
  const answer = await ask().then(
    ({ rows, missing }) => ({ rows: rows.length, missing: missing.length }),
    (error: { code?: string; message: string }) => ({ code: error.code, message: error.message }),
  );
  await archive.tidy({ thinnedMs: 1e12, wholeMs: 1e12, bytesMax: 1e12 }, nowMs).catch(() => undefined);
  const { troubles } = archive.state();
  for (const file of taken) closeSync(file);
  answers.push({ left, taken: taken.length, answer, troubles });
}
const after = await ask();
process.stdout.write(JSON.stringify({ answers, after: { rows: after.rows.length, missing: after.missing } }));
await archive.close();
