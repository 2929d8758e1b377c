import { logRow, spanRow, thinned } from "../../../ports/archive.fixture.ts";
import { openDuckDbArchive } from "./duckdb-archive.ts";

/** Writes and tidies without end, to be killed at any moment: the first argument is the folder, the second the time, the third its name. */
const [root = "", now = "0", writer = "c-0"] = process.argv.slice(2);
const nowMs = Number(now);
const archive = await openDuckDbArchive({ root, writer, nowMs: () => nowMs, leaveBytes: 0 });
process.stdout.write("ready\n");
for (let i = 0; ; i++) {
  const rows = Array.from({ length: 300 }, (_, k) => i * 300 + k);
  const written = await archive.write(
    thinned({
      spans: rows.map((n) => spanRow(nowMs - 3 * 3_600_000, { traceId: writer, spanId: String(n) })),
      logs: rows.map((n) => logRow(nowMs - 3 * 3_600_000, { traceId: writer, body: String(n) })),
    }),
  );
  if (written.left === undefined) process.stdout.write(`${(i + 1) * 300}\n`);
  if (i % 4 === 3) await archive.tidy({ thinnedMs: 1e12, wholeMs: 1e12, bytesMax: 1e12 }, nowMs);
}
