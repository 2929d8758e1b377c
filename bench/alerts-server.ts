import { startEmbeddedPostgres } from "../src/adapters/database/embedded/embedded-postgres.ts";
import { startHomeostat } from "../src/app/start.ts";

/** All of Homeostat with its own embedded Postgres, in a process of its own. Tells where it is in one line; ends when its input does. */
const [care = "", dataDir = ""] = process.argv.slice(2);
const log = (text: string): void => console.error(text);
const startedMs = performance.now();
const database = await startEmbeddedPostgres({ dataDir, log });
const databaseMs = performance.now();
try {
  const homeostat = await startHomeostat({
    care,
    dataDir,
    databaseUrl: database.url,
    host: "127.0.0.1",
    port: 0,
    otlpPort: 0,
    log,
  });
  const ready = {
    url: homeostat.url,
    databaseUrl: database.url,
    databaseMs: Math.round(databaseMs - startedMs),
    startMs: Math.round(performance.now() - databaseMs),
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  await new Promise((resolve) => process.stdin.resume().once("end", resolve));
  await homeostat.stop();
} finally {
  await database.stop();
}
