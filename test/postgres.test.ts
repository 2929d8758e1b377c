import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { expect, test } from "vitest";
import { startTestPostgres } from "./postgres.ts";

const here = fileURLToPath(new URL("./postgres.ts", import.meta.url));
const node = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));

async function ask(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return Object.values((await client.query(text)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

test("gives databases of their own and leaves nothing behind", async () => {
  const postgres = await startTestPostgres();
  const [a, b] = [await postgres.newDatabase(), await postgres.newDatabase()];
  const dataDir = String(await ask(a, "show data_directory"));
  await ask(a, "create table t ()");
  expect(await ask(b, "select to_regclass('t')")).toBeNull();
  await postgres.stop();
  expect(existsSync(dataDir)).toBe(false);
  await expect(ask(a, "select 1")).rejects.toThrow();
});

test("ends with a process that is killed", async () => {
  const script = `
    const { startTestPostgres } = await import(process.argv[1]);
    console.log((await startTestPostgres()).url);
    setInterval(() => undefined, 1000);`;
  const child = spawn(node, ["--input-type=module", "-e", script, here], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  const url = String(line).trim();
  const dataDir = String(await ask(url, "show data_directory"));
  child.kill("SIGKILL");
  await expect.poll(() => existsSync(dataDir), { timeout: 20_000 }).toBe(false);
  await expect(ask(url, "select 1")).rejects.toThrow();
});
