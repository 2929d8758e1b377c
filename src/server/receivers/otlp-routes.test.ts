import { request as httpRequest } from "node:http";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { afterEach, expect, test } from "vitest";
import { WireReader } from "./otlp/wire-reader.ts";
import { writeMessage, type WireField } from "./otlp/wire-writer.ts";
import { otlpRoutes } from "./otlp-routes.ts";
import { nowMs, receiverWorld } from "./receiver-world.testsuite.ts";

const example = (name: string) => readFileSync(new URL(`fixtures/otlp-examples/${name}.json`, import.meta.url));
const protobuf = { "content-type": "application/x-protobuf" };
const json = { "content-type": "application/json" };
const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

function world(limits?: Parameters<typeof receiverWorld>[1]) {
  const made = receiverWorld(otlpRoutes, limits);
  open.push(made.server);
  return made;
}

const span = (id: number): WireField => ({
  field: 2,
  message: [
    { field: 1, bytes: Buffer.alloc(16, id) },
    { field: 2, bytes: Buffer.alloc(8, id) },
    { field: 5, text: `GET /${id}` },
    { field: 7, fixed64: 1_700_000_000_000_000_000n },
    { field: 8, fixed64: 1_700_000_000_250_000_000n },
  ],
});
const spans = (...fields: WireField[]) => writeMessage([{ field: 1, message: [{ field: 2, message: fields }] }]);

/** Code and message of a google.rpc.Status. */
function statusOf(body: Buffer) {
  const r = new WireReader(body);
  const status = { code: 0, message: "" };
  while (r.more()) {
    const tag = r.tag();
    if (tag === 8) status.code = r.varint();
    else if (tag === 18) status.message = r.text(1_000);
    else r.skip(tag);
  }
  return status;
}

test.each([
  ["traces", "trace"],
  ["metrics", "metrics"],
  ["logs", "logs"],
  ["logs", "events"],
])("%s: the specification's example `%s` is taken and answered in JSON, gzip or not", async (signal, name) => {
  const w = world();
  const plain = await w.post(`/v1/${signal}`, example(name), json);
  const zipped = await w.post(`/v1/${signal}`, gzipSync(example(name)), { ...json, "content-encoding": "gzip" });
  for (const answer of [plain, zipped]) {
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toContain("application/json");
    expect(answer.json()).toEqual({});
  }
  expect(w.telemetry.length).toBeGreaterThan(0);
  const once = w.telemetry.slice(0, w.telemetry.length / 2);
  expect(w.telemetry.slice(w.telemetry.length / 2)).toEqual(once);
  expect(once).toMatchSnapshot();
});

test("full success in Protobuf is an empty message", async () => {
  const w = world();
  const answer = await w.post("/v1/traces", spans(span(1)), protobuf);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["content-type"]).toBe("application/x-protobuf");
  expect(answer.rawPayload.byteLength).toBe(0);
  expect(w.telemetry).toMatchObject([{ kind: "span", name: "GET /1", durationMs: 250, service: "unknown_service" }]);
});

test("an empty request is a success", async () => {
  const w = world();
  expect((await w.post("/v1/traces", Buffer.alloc(0), protobuf)).statusCode).toBe(200);
  expect((await w.post("/v1/traces", "{}", json)).statusCode).toBe(200);
});

test("spans that cannot be used are partial success: the rest is taken, the count and the reason are told", async () => {
  const w = world();
  const bad: WireField = { field: 2, message: [{ field: 5, text: "no ids" }] };
  const answer = await w.post("/v1/traces", spans(span(1), bad, bad), protobuf);
  const told = ProtobufTraceSerializer.deserializeResponse(answer.rawPayload);
  expect(answer.statusCode).toBe(200);
  expect(Number(told.partialSuccess?.rejectedSpans)).toBe(2);
  expect(told.partialSuccess?.errorMessage).toBe("2 with a trace id or span id that is missing or malformed");
  expect(w.telemetry).toHaveLength(1);
  expect(w.counted.get("otlp_items_rejected")).toBe(2);
});

test("what the full queue did not take is told, counted, and answered as partial success in JSON", async () => {
  const w = world();
  w.state.room = 1;
  const body = example("metrics");
  const answer = await w.post("/v1/metrics", body, json);
  expect(answer.json()).toEqual({
    partialSuccess: { rejectedDataPoints: "3", errorMessage: "3 not taken: the queue is full" },
  });
  expect(w.counted.get("otlp_items_dropped")).toBe(3);
});

test("when the full queue takes nothing the sender is told to try again, and nothing counts as lost", async () => {
  const w = world();
  w.state.room = 0;
  const answer = await w.post("/v1/traces", spans(span(1), span(2)), protobuf);
  expect(answer.statusCode).toBe(429);
  expect(answer.headers["retry-after"]).toBe("1");
  expect(statusOf(answer.rawPayload)).toEqual({ code: 8, message: "the queue is full: try again in 1 s" });
  await expect.poll(() => [...w.counted]).toEqual([["requests_not_taken", 1]]);
});

test("a malformed request is 400 with where and why in its own encoding, and none of it is taken", async () => {
  const w = world();
  const cut = spans(span(1), span(2)).subarray(0, -3);
  const answer = await w.post("/v1/traces", cut, protobuf);
  expect(answer.statusCode).toBe(400);
  expect(statusOf(answer.rawPayload)).toEqual({
    code: 3,
    message: expect.stringMatching(/^a length beyond its message at byte \d+ of \d+$/),
  });
  const good = {
    traceId: "5B8EFFF798038103D269B633813FC60C",
    spanId: "EEE19B7EC3C1B174",
    startTimeUnixNano: "1",
    endTimeUnixNano: 2,
  };
  const half = { resourceSpans: [{ scopeSpans: [{ spans: [good, { ...good, kind: "SPAN_KIND_SERVER" }] }] }] };
  const told = await w.post("/v1/traces", JSON.stringify(half), json);
  expect(told.statusCode).toBe(400);
  expect(told.json()).toEqual({
    code: 3,
    message: "$.resourceSpans[0].scopeSpans[0].spans[1].kind is not the number of the enum value",
  });
  expect((await w.post("/v1/logs", "{", json)).json()).toEqual({ code: 3, message: "the body is not JSON" });
  expect(
    (await w.post("/v1/logs", Buffer.from([0x1f, 0x8b, 1]), { ...json, "content-encoding": "gzip" })).statusCode,
  ).toBe(400);
  expect(w.telemetry).toEqual([]);
});

test.each([
  [{ "content-type": "text/plain" }],
  [{ "content-type": undefined }],
  [{ ...protobuf, "content-encoding": "deflate" }],
  [{ ...protobuf, "content-encoding": "br" }],
])("%j is 415", async (headers) => {
  expect((await world().post("/v1/traces", "x", headers)).statusCode).toBe(415);
});

test("a body over the limit is 413, also when only its decompressed form is", async () => {
  const w = world();
  const large = Buffer.alloc(4 * 1024 * 1024 + 1);
  expect((await w.post("/v1/traces", large, protobuf)).statusCode).toBe(413);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  expect(bomb.byteLength).toBeLessThan(100_000);
  const answer = await w.post("/v1/traces", bomb, { ...protobuf, "content-encoding": "gzip" });
  expect(answer.statusCode).toBe(413);
  expect(statusOf(answer.rawPayload).message).toContain("16777216 bytes");
});

test("a chunked body over the limit is answered 413 on the wire, not cut off", async () => {
  const w = world({ sentBytesMax: 1_000 });
  await w.ready;
  const url = await w.server.listen({ port: 0, host: "127.0.0.1" });
  const status = await new Promise((resolve, reject) => {
    const headers = { ...protobuf, authorization: `Bearer ${w.token}` };
    const request = httpRequest(`${url}/v1/traces`, { method: "POST", headers }, (response) =>
      resolve(response.resume().statusCode),
    );
    request.on("error", reject);
    request.write(Buffer.alloc(2_000));
    request.end(Buffer.alloc(2_000));
  });
  expect(status).toBe(413);
});

test("more bodies at once than allowed are 429", async () => {
  const w = world({ atOnceMax: 0 });
  const answer = await w.post("/v1/traces", spans(span(1)), protobuf);
  expect(answer.statusCode).toBe(429);
  expect(answer.headers["retry-after"]).toBe("1");
});

test("a body that never ends is cut off, and its place is free again", async () => {
  const w = world({ timeoutMs: 30, atOnceMax: 1 });
  await w.ready;
  const url = await w.server.listen({ port: 0, host: "127.0.0.1" });
  const outcome = await new Promise((resolve) => {
    const headers = { ...protobuf, authorization: `Bearer ${w.token}` };
    const request = httpRequest(`${url}/v1/traces`, { method: "POST", headers }, (response) =>
      resolve(response.resume().statusCode),
    );
    request.on("error", (error) => resolve(error.message));
    request.write("x");
  });
  expect(["socket hang up", "read ECONNRESET", 408]).toContain(outcome);
  expect((await w.post("/v1/traces", spans(span(1)), protobuf)).statusCode).toBe(200);
});

test("strangers are refused before their body is looked at, in the encoding they speak", async () => {
  const w = world();
  const none = await w.post("/v1/traces", Buffer.alloc(5_000_000), { ...protobuf, authorization: undefined });
  expect(none.statusCode).toBe(401);
  expect(none.headers["www-authenticate"]).toContain("Bearer");
  expect(statusOf(none.rawPayload).code).toBe(16);
  const wrong = await w.post("/v1/traces", "{}", { ...json, authorization: `Bearer ${w.readerToken}` });
  expect(wrong.statusCode).toBe(403);
  expect(wrong.json().code).toBe(7);
  w.state.databaseDown = true;
  const down = await w.post("/v1/traces", "{}", json);
  expect(down.statusCode).toBe(503);
  expect(down.headers["retry-after"]).toBe("5");
});

test("names and bodies are redacted before they are handed over", async () => {
  const w = world();
  const body = {
    resourceLogs: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "ada@example.org" } }] },
        scopeLogs: [{ logRecords: [{ body: { stringValue: "the password is s3cr3t" } }] }],
      },
    ],
  };
  await w.post("/v1/logs", JSON.stringify(body), json);
  expect(w.telemetry).toMatchObject([
    { service: "[redacted:test]", body: "the password is [redacted:test]", timeMs: nowMs },
  ]);
});

test("requests that are turned away whole are counted by why", async () => {
  const w = world({ sentBytesMax: 1_000 });
  await w.post("/v1/traces", "{}", { ...json, authorization: "Bearer nobody" });
  await w.post("/v1/traces", "{", json);
  await w.post("/v1/traces", Buffer.alloc(5_000), protobuf);
  await w.post("/v1/traces", "{}", json);
  await expect
    .poll(() => Object.fromEntries([...w.counted].filter(([name]) => name.startsWith("requests_"))))
    .toEqual({ requests_unauthorized: 1, requests_malformed: 1, requests_too_large: 1 });
});
