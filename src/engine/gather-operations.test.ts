import { expect, test } from "vitest";
import { createTraceWatch } from "../loop/detection/traces/trace-watch.ts";
import { tracing } from "../loop/detection/traces/traces.testsuite.ts";
import { operationsMoved } from "../loop/diagnosis/operations-moved.ts";
import { gatherOperations } from "./gather-operations.ts";

const t0 = 1_790_000_000_000;

test("what an incident's services did is compared with before it began, and says nothing of who sent no trace", () => {
  const traces = createTraceWatch();
  const sinceMs = t0 + 303_000;
  for (let s = 0; s < 400; s++) {
    const nowMs = t0 + s * 1_000;
    traces.take(tracing(`t-${s}`)("cart", "server", "GET /cart", nowMs, nowMs >= sinceMs ? 900 : 9), nowMs);
    traces.tick(nowMs);
  }
  const incident = { environment: "prod", sinceMs };
  const { operations = [] } = gatherOperations({ traces }, incident, ["cart", "store"], t0 + 400_000);
  expect(operations.map((o) => o.service)).toEqual(["cart"]);
  // The step in which it began is of neither time.
  expect(operations[0]?.before[0]).toMatchObject({ meanMs: 9, errors: 0 });
  expect(operations[0]?.since[0]?.meanMs).toBe(900);
  expect(operations[0]?.exemplars.every((e) => e.atMs >= sinceMs)).toBe(true);
  expect(operationsMoved(operations).map((m) => m.change)).toEqual(["slower"]);
  expect(gatherOperations({ traces }, { environment: "test", sinceMs }, ["cart"], t0 + 400_000)).toEqual({});
  expect(gatherOperations({}, incident, ["cart"], t0 + 400_000)).toEqual({});
});
