import { describe, expect, test } from "vitest";
import { createTraceWatch } from "../../loop/detection/traces/trace-watch.ts";
import { tracing } from "../../loop/detection/traces/traces.testsuite.ts";
import { spanRow } from "../../ports/archive.fixture.ts";
import type { History, SpanQuery } from "../../ports/archive.ts";
import { AdapterError } from "../../ports/adapter-error.ts";
import { givenServer, startMs } from "../server-world.testsuite.ts";

const dayMs = 24 * 3_600_000;
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
interface Answer extends Readonly<Record<string, unknown>> {
  readonly exemplars: readonly { readonly traceId: string; readonly why: readonly string[] }[];
  readonly error?: { readonly message: string };
}

const nothing = async () => ({ rows: [], cut: false, missing: [] });

/** A server that was sent ten minutes of a cart which waits for its store, ever longer in the last five. */
async function given(spans: History["spans"] = nothing) {
  const watch = createTraceWatch();
  for (let s = 600; s >= 0; s--) {
    const nowMs = startMs - s * 1_000;
    const span = tracing(`trace-${s}`);
    const storeMs = s <= 320 ? 500 : 10;
    const root = span("cart", "server", "GET /cart", nowMs, storeMs + 10, { error: s === 60 });
    watch.take(root, nowMs);
    watch.take(span("cart", "client", "GET", nowMs + 5, storeMs, { under: root, peer: "store" }), nowMs);
    watch.tick(nowMs);
  }
  const history: History = { redSteps: nothing, points: nothing, logs: nothing, spans };
  const { server, issue } = await givenServer({}, history, watch);
  const authorization = await issue("read");
  const ask = async (path: string) => {
    const answer = await server.inject({ url: `/api/v1/telemetry/${path}`, headers: { authorization } });
    return { status: answer.statusCode, body: answer.json<Answer>() };
  };
  return { ask, watch };
}

describe("operations", () => {
  test("of a service: what they do now, beside what was usual, what moved, and traces to look at", async () => {
    const { ask } = await given();
    const { status, body } = await ask("operations?service=cart");
    expect(status).toBe(200);
    expect(body).toMatchObject({ service: "cart", environment: "prod", tracesLookedAtShare: 1, cut: false });
    expect(body["operations"]).toMatchObject([
      { operation: "GET /cart", count: 300, errors: 1, meanMs: 510, waits: [{ name: "store" }], usual: { meanMs: 20 } },
    ]);
    expect(body["moved"]).toMatchObject([{ change: "slower", through: [{ name: "store", share: 1 }] }]);
    const [failed, ...slow] = body.exemplars;
    expect(failed).toMatchObject({ traceId: "trace-60", why: ["failed"] });
    expect(new Set(slow.flatMap((e) => e.why))).toEqual(new Set(["slow"]));
    expect(JSON.stringify(body)).not.toContain("durations");
  });

  test("take only as much as was asked for", async () => {
    const { ask } = await given();
    const { body } = await ask("operations?service=cart&environment=prod&lastMs=60000&limit=2");
    expect(body["operations"]).toMatchObject([{ count: 60 }]);
    expect(body.exemplars).toHaveLength(2);
    expect(body["cut"]).toBe(true);
  });

  test("of a service in several environments want one to be named", async () => {
    const { ask, watch } = await given();
    watch.take({ ...tracing("other")("cart", "server", "x", startMs, 1), environment: "test" }, startMs);
    watch.tick(startMs + 20_000);
    const { status, body } = await ask("operations?service=cart");
    expect([status, body.error?.message]).toEqual([400, expect.stringMatching(/`prod`, `test`/)]);
    expect((await ask("operations?service=cart&environment=test")).status).toBe(200);
    const elsewhere = await ask("operations?service=cart&environment=stage");
    expect([elsewhere.status, elsewhere.body.error?.message]).toEqual([404, expect.stringMatching(/it is in `prod`/)]);
  });

  test.each([
    ["operations?service=nobody", 404, "nobody"],
    ["operations", 400, "service"],
    ["operations?service=cart&lastMs=1", 400, "lastMs"],
    ["operations?service=cart&lastMs=3600000", 400, "lastMs"],
    ["operations?service=cart&limit=501", 400, "limit"],
    ["operations?service=cart&form=svg", 400, "form"],
    ["operations?service=cart&service=store", 400, "service"],
  ])("%s is answered %d, by name", async (path, wanted, word) => {
    const { ask } = await given();
    const { status, body } = await ask(path);
    expect(status).toBe(wanted);
    expect(body.error?.message).toContain(word);
  });
});

describe("one trace", () => {
  test("is found in the last hour, else of today, else wherever it is", async () => {
    for (const [agoMs, asks] of [
      [60_000, 1],
      [7_200_000, 2],
      [9 * dayMs, 3],
    ] as const) {
      const asked: SpanQuery[] = [];
      const row = { ...spanRow(startMs - agoMs), traceId };
      const { ask } = await given(async (query) => {
        asked.push(query);
        return { rows: row.startMs >= query.fromMs ? [row] : [], cut: false, missing: [] };
      });
      const { status, body } = await ask(`traces/${traceId.toUpperCase()}`);
      expect([status, asked.length, asked[0]?.traceId]).toEqual([200, asks, traceId]);
      expect(body).toMatchObject({ traceId, startMs: row.startMs, spans: [{ depth: 0, name: row.name }], cut: false });
    }
  });

  test("that began before where was looked is looked for further back, so that none of it is missing", async () => {
    const early = { ...spanRow(startMs - 3_700_000), traceId, spanId: "a".repeat(16) };
    const late = { ...spanRow(startMs - 3_590_000), traceId, spanId: "b".repeat(16) };
    const { ask } = await given(async ({ fromMs }) => ({
      rows: [early, late].filter((row) => row.startMs >= fromMs),
      cut: false,
      missing: [],
    }));
    expect((await ask(`traces/${traceId}`)).body["spans"]).toHaveLength(2);
  });

  test("that nobody has is not found; where not all could be looked at it is not known, and says what", async () => {
    const { ask } = await given();
    expect((await ask(`traces/${traceId}`)).status).toBe(404);
    const blind = await given(async () => ({ rows: [], cut: false, missing: ["the telemetry archive: no room"] }));
    const { status, body } = await blind.ask(`traces/${traceId}`);
    expect([status, body.error?.message]).toEqual([503, expect.stringContaining("the telemetry archive: no room")]);
    const busy = await given(() => Promise.reject(new AdapterError("unavailable", "the archive is busy")));
    expect((await busy.ask(`traces/${traceId}`)).status).toBe(503);
  });

  test.each(["4bf9", `${traceId}0`, "..%2f..%2fetc", "'; drop table spans; --", "%00"])(
    "of the id %s is refused before anything is asked",
    async (id) => {
      const { ask } = await given(() => Promise.reject(new Error("asked")));
      const { status, body } = await ask(`traces/${id.includes("%") ? id : encodeURIComponent(id)}`);
      expect([status, body.error?.message]).toEqual([400, expect.stringContaining("32 hex digits")]);
    },
  );
});
