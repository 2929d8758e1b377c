import Fastify, { type FastifyInstance } from "fastify";
import type { Operations } from "../engine/operations.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { answerError, registerApi } from "./api/api.ts";
import { bearerAuth, type BearerAuth } from "./auth.ts";
import type { Metric } from "./metric.ts";
import { metricsText } from "./metrics.ts";
import { pageFile, pageHeaders } from "./page/page-files.ts";
import { guardWith, registerLogin, sessionOf, type LoginSeen } from "./session.ts";

export interface ServerParts {
  readonly operations: Operations;
  readonly store: Store;
  readonly clock: Clock;
  readonly loginSeen: LoginSeen;
  /** What was counted beside the status, for `/metrics`. */
  readonly metrics: () => readonly Metric[];
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
    routerOptions: { maxParamLength: 400 },
  });
  server.setErrorHandler((error, _request, reply) => answerError(error, reply));
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: { code: "not-found", message: "nothing here", reasons: [] } }),
  );
  const auth = bearerAuth(store.tokens, clock);
  const guard = guardWith(auth, store, clock);
  await server.register(async (scope) => parts.receivers(scope, auth));
  registerApi(server, operations, guard);
  registerLogin(server, store, clock, auth, parts.loginSeen);
  registerPage(server, store, clock);
  server.get("/healthz", () => ({ state: "ok" }));
  server.get("/readyz", async (_request, reply) => {
    const { state } = await operations.status().catch(() => ({ state: "failed" as const }));
    return reply.code(state === "failed" ? 503 : 200).send({ state });
  });
  server.get("/metrics", { onRequest: guard("read") }, async (_request, reply) =>
    reply
      .type("text/plain; version=0.0.4; charset=utf-8")
      .send(metricsText(await operations.status(), parts.metrics())),
  );
  return server;
}

function registerPage(server: FastifyInstance, store: Store, clock: Clock): void {
  server.get("/", async (request, reply) => {
    if (!(await sessionOf(request, store, clock)))
      return reply
        .code(401)
        .headers(pageHeaders)
        .type("text/plain; charset=utf-8")
        .send("log in first: get a link with `homeostat login`\n");
    const { type, text } = await pageFile("page.html");
    return reply.headers(pageHeaders).type(type).send(text);
  });
  for (const name of ["page.js", "page.css"] as const) {
    server.get(`/${name}`, async (_request, reply) => {
      const { type, text } = await pageFile(name);
      return reply.headers(pageHeaders).type(type).send(text);
    });
  }
}
