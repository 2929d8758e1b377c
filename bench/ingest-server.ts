import Fastify from "fastify";
import { createSecretlintRedactor } from "../src/adapters/redactor/secretlint/secretlint-redactor.ts";
import { bearerAuth } from "../src/server/auth.ts";
import { otlpRoutes } from "../src/server/receivers/otlp-routes.ts";
import { detectionBench } from "./detection.ts";

/** The receiver in a process of its own, with detection on: tells its port and its token's caller any token. Ends when its input does. */
const detection = detectionBench();
const server = Fastify();
server.addHook("onRequest", (request, _reply, done) => {
  const nowMs = Number(request.headers["x-bench-tick-ms"] ?? 0);
  if (nowMs > 0) detection.tick(nowMs);
  done();
});
const tokens = { find: () => Promise.resolve({ name: "bench", scopes: ["ingest"], roles: [] }) };
const clock = { nowMs: () => Date.now() };
await server.register(otlpRoutes, {
  intake: { telemetry: detection.telemetry, control: () => Promise.resolve() },
  redactor: createSecretlintRedactor(),
  auth: bearerAuth(tokens, clock),
  clock,
});
process.stdout.write(`${await server.listen({ port: 0, host: "127.0.0.1" })}\n`);
process.stdin.resume().once("end", () => void server.close());
