import { expect, test } from "vitest";
import { durationBoundsMs } from "../../loop/detection/red.ts";
import { AdapterError } from "../../ports/adapter-error.ts";
import { logRow, pointRow, spanRow } from "../../ports/archive.fixture.ts";
import type { History, RedStep } from "../../ports/archive.ts";
import { givenServer, startMs } from "../server-world.testsuite.ts";

const hourMs = 3_600_000;
const step: RedStep = {
  startMs,
  count: 4,
  errors: 1,
  ownErrors: 0,
  durationSumMs: 80,
  durations: durationBoundsMs.map((_, i) => (i === 10 ? 4 : 0)).concat(0),
  seen: 12,
};

/** A server over a history that notes what it was asked. */
async function given(over: Partial<History> = {}) {
  const asked: Record<string, unknown>[] = [];
  const found =
    <R>(...rows: R[]) =>
    async (query: object) => {
      asked.push({ ...query });
      return { rows, cut: false, missing: ["`a file` cannot be read"] };
    };
  const history: History = {
    redSteps: found(step),
    points: found(pointRow(startMs)),
    logs: found(logRow(startMs)),
    spans: found(spanRow(startMs)),
    ...over,
  };
  const { server, issue } = await givenServer({}, history);
  const authorization = await issue("read");
  const ask = async (path: string) => {
    const answer = await server.inject({ url: `/api/v1/telemetry/${path}`, headers: { authorization } });
    return { status: answer.statusCode, body: answer.json<Record<string, never> & { error?: { message: string } }>() };
  };
  return { ask, asked };
}

test("RED is summed over steps that all charts share, with quantiles, and says what is missing", async () => {
  const { ask, asked } = await given();
  const { status, body } = await ask("red?service=cart&environment=prod&calls=store");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    stepMs: 30_000,
    steps: [{ startMs, count: 4, errors: 1, meanMs: 20, seen: 12 }],
    cut: false,
    missing: ["`a file` cannot be read"],
  });
  expect(asked).toMatchObject([
    { services: ["cart"], environment: "prod", only: { type: "edge", other: "store" }, toMs: startMs, stepMs: 30_000 },
  ]);
  expect(Number(asked[0]?.["fromMs"]) % 30_000).toBe(0);
});

test("a step without requests has no durations, rather than fast ones", async () => {
  const { ask } = await given({ redSteps: async () => ({ rows: [{ ...step, count: 0 }], cut: false, missing: [] }) });
  const { body } = await ask("red?service=cart&environment=prod");
  expect(body["steps"]).toMatchObject([{ count: 0, meanMs: null, p50Ms: null, p95Ms: null, p99Ms: null }]);
});

test("rows are asked for by what was given, the last hour when nothing else is said", async () => {
  const { ask, asked } = await given();
  const trace = "0af7651916cd43dd8448eb211c80319c";
  expect((await ask("metrics?service=cart&environment=prod&name=queue.depth&limit=7")).body["points"]).toHaveLength(1);
  expect((await ask("logs?severity=17&from=1000&to=2000")).body["logs"]).toHaveLength(1);
  expect((await ask(`spans?traceId=${trace}&errors=true`)).body["spans"]).toHaveLength(1);
  const lastHour = { fromMs: startMs - hourMs, toMs: startMs };
  expect(asked).toEqual([
    { service: "cart", environment: "prod", name: "queue.depth", limit: 7, ...lastHour },
    { severityMin: 17, limit: 500, fromMs: 1_000, toMs: 2_000 },
    { traceId: trace, errorsOnly: true, limit: 500, ...lastHour },
  ]);
});

test.each([
  ["red?environment=prod", "service"],
  ["red?service=cart", "environment"],
  ["red?service=cart&environment=prod&stepMs=1000", "stepMs"],
  [`red?service=cart&environment=prod&from=0&to=${startMs}&stepMs=5000`, "stepMs"],
  ["metrics?service=cart&environment=prod", "name"],
  ["logs?limit=5001", "limit"],
  ["logs?limit=0", "limit"],
  ["logs?from=2000&to=1000", "from"],
  ["logs?from=yesterday", "from"],
  ["logs?severity=25", "severity"],
  ["spans?traceId=..%2F..%2Fetc", "traceId"],
  ["spans?errors=maybe", "errors"],
  ["spans?enviroment=prod", "enviroment"],
  ["spans?service=a&service=b", "service"],
])("%s is refused, by name", async (path, member) => {
  const { ask, asked } = await given();
  const { status, body } = await ask(path);
  expect([status, asked]).toEqual([400, []]);
  expect(body.error?.message).toContain(member);
});

test("an archive that is busy is unavailable, not a defect", async () => {
  const busy = () =>
    Promise.reject(new AdapterError("unavailable", "the telemetry archive is busy: try again in a moment"));
  const { ask } = await given({ logs: busy });
  expect(await ask("logs")).toMatchObject({ status: 503, body: { error: { code: "unavailable" } } });
});
