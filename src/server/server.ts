import Fastify, { type FastifyInstance } from "fastify";
import type { Operations } from "../engine/operations.ts";
import type { Clock } from "../ports/clock.ts";
import type { History } from "../ports/archive.ts";
import type { Store } from "../ports/store.ts";
import type { TraceReader } from "../ports/traces.ts";
import { registerApi } from "./api/api.ts";
import { registerTelemetry } from "./api/telemetry-routes.ts";
import { registerTraces } from "./api/trace-routes.ts";
import { answerErrors, answerMalformed } from "./api/answer-error.ts";
import { bearerAuth, type BearerAuth } from "./auth.ts";
import type { Metric } from "./metric.ts";
import { metricsText } from "./metrics.ts";
import { registerPage } from "./page/page-files.ts";
import { securityHeaders, setSecurityHeaders } from "./security-headers.ts";
import { guardWith, registerLogin, sessionOf, type LoginSeen } from "./session.ts";

export interface ServerParts {
  readonly operations: Operations;
  readonly store: Store;
  readonly clock: Clock;
  readonly history: History;
  readonly traces: TraceReader;
  readonly loginSeen: LoginSeen;
  /** What was counted beside the status, for `/metrics`. */
  readonly metrics: () => readonly Metric[];
  /** Where defects are told; whoever asked hears nothing of the inside. */
  readonly log: (text: string) => void;
  /** Registers the receivers; given by the app, which knows intake and redactor. */
  readonly receivers: (server: FastifyInstance, auth: BearerAuth) => void | Promise<void>;
}

/** The HTTP side of Homeostat: receivers, API, page, health and metrics. Not listening yet. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const { operations, store, clock } = parts;
  const server = Fastify({
    bodyLimit: 4 * 1024 * 1024,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => void answerMalformed(error, reply.headers(securityHeaders)),
    routerOptions: { maxParamLength: 400 },
  });
  server.removeContentTypeParser("text/plain");
  setSecurityHeaders(server);
  answerErrors(server, parts.log);
  const auth = bearerAuth(store.tokens, clock);
  const guard = guardWith(auth, store, clock);
  await server.register(async (scope) => parts.receivers(scope, auth));
  registerApi(server, operations, guard);
  registerTelemetry(server, parts.history, clock, guard);
  registerTraces(server, parts.traces, parts.history, clock, guard);
  registerLogin(server, store, clock, auth, parts.loginSeen);
  registerPage(server, async (request) => (await sessionOf(request, store, clock)) !== undefined);
  registerHealth(server, operations);
  server.get("/metrics", { onRequest: guard("read") }, async (_request, reply) =>
    reply
      .type("text/plain; version=0.0.4; charset=utf-8")
      .send(metricsText(await operations.status(), parts.metrics())),
  );
  return server;
}

/**
 * `/healthz`: this process answers; restart it when it does not. `/readyz`: it can do its work; 503 when a part has
 * failed, such as the database, its lease or a loop, and the names of those parts: strangers may read it, so no detail of
 * what is wrong. Degraded is ready: it works in part, and a restart would not help.
 */
function registerHealth(server: FastifyInstance, operations: Operations): void {
  server.get("/healthz", () => ({ state: "ok" }));
  server.get("/readyz", async (_request, reply) => {
    const { state, components } = await operations
      .status()
      .catch(() => ({ state: "failed" as const, components: [] as const }));
    const failed = components.filter((c) => c.state === "failed").map((c) => c.name);
    return reply.code(state === "failed" ? 503 : 200).send({ state, failed });
  });
}
