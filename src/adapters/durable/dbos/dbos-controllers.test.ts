import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../../../test/postgres.ts";
import { scriptName, type Act } from "../../../ports/durable-script.testsuite.ts";
import type { DurableStage } from "../../../ports/durable.testsuite.ts";
import { createDbosEngine } from "./dbos-engine.ts";
import { dbosStage } from "./dbos-stage.testsuite.ts";

let postgres: TestPostgres;
let url: string;
let stage: DurableStage & { log(): string };
beforeAll(async () => void (postgres = await startTestPostgres()));
afterAll(() => postgres.stop());
beforeEach(async () => {
  url = await postgres.newDatabase();
  stage = await dbosStage(url);
});
afterEach(() => stage.end());

const waitMs = 30_000;
const twoSteps: Act[] = [
  { act: "step", name: "a" },
  { act: "step", name: "b" },
];

async function sql(text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
const noted = (line: string): Promise<void> =>
  expect.poll(() => stage.notes(), { timeout: waitMs, interval: 20 }).toContain(line);

/** A run of two steps that stands in its second, on `c1`. */
async function standing() {
  const first = await stage.controller("c1");
  stage.hold("b");
  await first.engine.start(scriptName, "r", twoSteps);
  await noted("r b");
  return first;
}

test("three controllers start at once on an empty database and share the work", async () => {
  const controllers = await Promise.all(["c1", "c2", "c3"].map((id) => stage.controller(id)));
  const ids = Array.from({ length: 12 }, (_, i) => `r${i}`);
  for (const [i, id] of ids.entries()) await controllers[i % 3]?.engine.start(scriptName, id, twoSteps);
  for (const id of ids) expect(await controllers[0]?.engine.wait(id, waitMs)).toMatchObject({ state: "succeeded" });
  expect(stage.notes()).toHaveLength(24);
  expect(stage.log()).toBe("");
});

test("carries on within seconds what a killed controller left", async () => {
  const first = await standing();
  const second = await stage.controller("c2");
  const killedMs = Date.now();
  await first.crash();
  stage.release("b");
  await second.engine.takeOver(["c1"]);
  expect(await second.engine.wait("r", waitMs)).toMatchObject({ state: "succeeded" });
  expect(Date.now() - killedMs).toBeLessThan(5_000);
});

test("never revives a run that was cancelled", async () => {
  const first = await standing();
  await first.crash();
  await sql("update dbos.workflow_status set status = 'CANCELLED' where workflow_uuid = 'r'");
  stage.release("b");
  const second = await stage.controller("c2");
  expect(await second.engine.takeOver(["c1"])).toEqual([]);
  expect(await second.engine.get("r")).toEqual({
    id: "r",
    story: scriptName,
    state: "failed",
    error: "it was cancelled",
  });
  expect(stage.notes()).toEqual(["r a", "r b"]);
});

test("goes on when every connection to the database breaks", async () => {
  const first = await standing();
  await sql(
    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()",
  );
  stage.release("b");
  expect(await first.engine.wait("r", waitMs)).toMatchObject({ state: "succeeded" });
  expect(stage.notes()).toEqual(["r a", "r b"]);
  await first.engine.start(scriptName, "next", [{ act: "receive", topic: "t", timeoutMs: waitMs }]);
  await first.engine.send("next", "t", "hello", "m");
  expect(await first.engine.wait("next", waitMs)).toMatchObject({ output: ["hello"] });
});

test("goes on by itself when the database was away for long, with what ran, what waits and what is new", async () => {
  const first = await standing();
  await first.engine.start(scriptName, "waits", [{ act: "receive", topic: "t", timeoutMs: 600_000 }]);
  await expect.poll(async () => (await first.engine.get("waits"))?.controller, { timeout: waitMs }).toBe("c1");
  const back = postgres.away(12_000);
  stage.release("b");
  const late = first.engine.start(scriptName, "new", twoSteps).catch((error: unknown) => error);
  await back;
  const backMs = Date.now();
  expect(await first.engine.wait("r", waitMs)).toMatchObject({ state: "succeeded" });
  await late;
  await first.engine.start(scriptName, "new", twoSteps);
  expect(await first.engine.wait("new", waitMs)).toMatchObject({ state: "succeeded" });
  expect(Date.now() - backMs, "it was back, and nothing went on").toBeLessThan(15_000);
  expect(stage.notes().toSorted()).toEqual(["new a", "new b", "r a", "r b"]);
  await first.engine.send("waits", "t", "hello", "m");
  expect(await first.engine.wait("waits", waitMs)).toMatchObject({ output: ["hello"] });
  // Who listens for messages is back, too: this one does not wait for the next poll.
  await first.engine.start(scriptName, "next", [{ act: "receive", topic: "t", timeoutMs: waitMs }]);
  await expect.poll(async () => (await first.engine.get("next"))?.controller, { timeout: waitMs }).toBe("c1");
  await pause(500);
  const sentMs = Date.now();
  await first.engine.send("next", "t", "again", "n");
  expect(await first.engine.wait("next", waitMs)).toMatchObject({ output: ["again"] });
  expect(Date.now() - sentMs).toBeLessThan(3_000);
});

test("waits for hundreds of runs that wait for people, and starts new ones", async () => {
  const c = await stage.controller("c1");
  const waiting: Act[] = [{ act: "receive", topic: "answer", timeoutMs: 3_600_000 }];
  await Promise.all(Array.from({ length: 150 }, (_, i) => c.engine.start(scriptName, `waits${i}`, waiting)));
  await c.engine.start(scriptName, "r", twoSteps);
  expect(await c.engine.wait("r", waitMs)).toMatchObject({ state: "succeeded" });
  const shutMs = Date.now();
  await c.engine.shutdown();
  expect(Date.now() - shutMs).toBeLessThan(3_000);
});

test("says at launch that the database is away, and launches once it is there", async () => {
  const told: string[] = [];
  const options = { controllerId: "c1", log: (text: string) => void told.push(text) };
  const away = createDbosEngine({ ...options, databaseUrl: "postgresql://nobody:x@127.0.0.1:1/none" });
  await expect(away.launch()).rejects.toMatchObject({ code: "unavailable", retryable: true });
  const engine = createDbosEngine({ ...options, databaseUrl: url });
  engine.register("story", async (run) => run.step("a", async () => "done"));
  await engine.launch();
  const another = createDbosEngine({ ...options, controllerId: "c2", databaseUrl: url });
  await expect(another.launch()).rejects.toMatchObject({ code: "one-engine" });
  await engine.start("story", "r", null);
  expect(await engine.wait("r", waitMs)).toMatchObject({ state: "succeeded", output: "done" });
  await engine.shutdown();
  expect(told).toEqual([]);
});
