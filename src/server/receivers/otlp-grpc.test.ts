import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Client, credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { createToken } from "../auth.ts";
import { writeMessage } from "./otlp/wire-writer.ts";
import { createOtlpGrpc, type OtlpGrpc } from "./otlp-grpc.ts";
import { receiverWorld, type ReceiverWorld } from "./receiver-world.testsuite.ts";

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const pass = (bytes: Buffer): Buffer => bytes;
const traces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

async function given(limits = {}): Promise<{ world: ReceiverWorld; grpc: OtlpGrpc; port: number; client: Client }> {
  const world = receiverWorld(() => Promise.resolve(), limits);
  const grpc = createOtlpGrpc(world.options);
  const port = await grpc.listen("127.0.0.1", 0);
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  open.push(() => grpc.close());
  open.push(() => client.close());
  return { world, grpc, port, client };
}

interface Answer {
  readonly code: status;
  readonly details: string;
  readonly bytes: Buffer;
  readonly retry: boolean;
}

/** One call; `token` absent sends none. */
function call(client: Client, body: Buffer, token?: string, path = traces): Promise<Answer> {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  return new Promise((resolve) =>
    client.makeUnaryRequest(path, pass, pass, body, metadata, (error: ServiceError | null, bytes) =>
      resolve({
        code: error?.code ?? status.OK,
        details: error?.details ?? "",
        bytes: bytes ?? Buffer.alloc(0),
        retry: (error?.metadata.get("grpc-status-details-bin").length ?? 0) > 0,
      }),
    ),
  );
}

const span = (name: string) => ({
  field: 2,
  message: [
    { field: 1, bytes: Buffer.alloc(16, 1) },
    { field: 2, bytes: Buffer.alloc(8, 1) },
    { field: 5, text: name },
    { field: 6, varint: 2 },
    { field: 7, fixed64: 1_795_000_000_000_000_000n },
    { field: 8, fixed64: 1_795_000_000_100_000_000n },
  ],
});
const request = (...names: string[]): Buffer =>
  writeMessage([{ field: 1, message: [{ field: 2, message: names.map(span) }] }]);

test("an unchanged OpenTelemetry SDK in its own process is understood over gRPC, with gzip on", async () => {
  const { world, port } = await given();
  const child = spawn(process.execPath, [fileURLToPath(new URL("sdk-sender.fixture.ts", import.meta.url))], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 30_000,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${world.token}`,
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_LOGS_EXPORTER: "otlp",
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_SERVICE_NAME: "cart",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,service.instance.id=cart-1,service.version=1.2.0",
    },
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  const [code] = await once(child, "close");
  expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
  const who = { service: "cart", environment: "prod", instance: "cart-1", version: "1.2.0" };
  for (const signal of world.telemetry) expect(signal).toMatchObject(who);
  expect(new Set(world.telemetry.map((s) => s.kind))).toEqual(new Set(["span", "metric", "log"]));
});

test("nobody is let in without a token that may send, and none of their message is taken", async () => {
  const { world, client } = await given();
  expect(await call(client, request("a"))).toMatchObject({ code: status.UNAUTHENTICATED });
  expect(await call(client, request("a"), createToken().token)).toMatchObject({ code: status.UNAUTHENTICATED });
  expect(await call(client, request("a"), world.readerToken)).toMatchObject({ code: status.PERMISSION_DENIED });
  world.state.databaseDown = true;
  expect(await call(client, request("a"), createToken().token)).toMatchObject({
    code: status.UNAVAILABLE,
    retry: true,
  });
  expect(world.telemetry).toEqual([]);
});

test("a malformed message says why and is not half-applied", async () => {
  const { world, client } = await given();
  const cut = request("a", "b").subarray(0, -9);
  const { code, details } = await call(client, cut, world.token);
  expect(code).toBe(status.INVALID_ARGUMENT);
  expect(details).not.toBe("");
  expect(world.telemetry).toEqual([]);
});

test("a full queue takes a part and says how many not, or asks for another try and takes nothing", async () => {
  const { world, client } = await given();
  world.state.room = 1;
  const part = await call(client, request("a", "b", "c"), world.token);
  expect(part).toMatchObject({ code: status.OK });
  expect(part.bytes.toString()).toContain("2 not taken: the queue is full");
  world.state.room = 0;
  expect(await call(client, request("d"), world.token)).toMatchObject({ code: status.UNAVAILABLE, retry: true });
  expect(world.telemetry.length).toBe(1);
});

test("a message over the limit is refused, and the next one is taken", async () => {
  const { world, client } = await given({ plainBytesMax: 1_000 });
  const { code } = await call(client, request("x".repeat(2_000)), world.token);
  expect(code).toBe(status.RESOURCE_EXHAUSTED);
  expect(await call(client, request("a"), world.token)).toMatchObject({ code: status.OK });
});

test("a service that is not ours is unimplemented", async () => {
  const { world, client } = await given();
  const answer = await call(client, request("a"), world.token, "/grpc.Nothing/Export");
  expect(answer.code).toBe(status.UNIMPLEMENTED);
});

test("a port that is in use is named", async () => {
  const { port, world } = await given();
  const second = createOtlpGrpc(world.options);
  open.push(() => second.close());
  await expect(second.listen("127.0.0.1", port)).rejects.toThrow("the port is in use");
});
