import { startEmbeddedPostgres } from "../src/adapters/database/embedded/embedded-postgres.ts";
import { startHomeostat } from "../src/app/start.ts";

/** All of Homeostat with its own embedded Postgres, in a process of its own. Tells where it is in one line, and ends when its input does; `BENCH_LOG=1` shows what it logs. */
const [care = "", dataDir = ""] = process.argv.slice(2);
const log = (text: string): void => {
  if (process.env["BENCH_LOG"]) console.error(text);
};
const database = await startEmbeddedPostgres({ dataDir, log });
const startedMs = performance.now();
try {
  const homeostat = await startHomeostat({
    care,
    dataDir,
    databaseUrl: database.url,
    host: "127.0.0.1",
    port: 0,
    otlpPort: 0,
    otlpGrpcPort: 0,
    log,
  });
  const startMs = Math.round(performance.now() - startedMs);
  const ready = { url: homeostat.url, databaseUrl: database.url, startMs };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  await new Promise((resolve) => process.stdin.resume().once("end", resolve));
  await homeostat.stop();
} finally {
  await database.stop();
}
