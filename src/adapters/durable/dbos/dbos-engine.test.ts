import { afterAll, beforeAll } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../../../test/postgres.ts";
import { durableSuite } from "../../../ports/durable.testsuite.ts";
import { dbosStage } from "./dbos-stage.testsuite.ts";

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startTestPostgres()));
afterAll(() => postgres.stop());

durableSuite("dbos", async () => dbosStage(await postgres.newDatabase()));
