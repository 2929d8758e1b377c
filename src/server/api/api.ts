import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { bug } from "../../kernel/assert.ts";
import type { Result } from "../../kernel/result.ts";
import type { Caller, Operations, Refusal } from "../../engine/operations.ts";
import { parseStopScope } from "../../loop/decision/stop.ts";
import { callerOf, HttpRefusal, scopes, type Scope } from "../auth.ts";

/** The hook that lets only callers with a scope pass; they are then found by `callerOf`. */
export type Guard = (scope: Scope) => (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

const statusOf: Readonly<Record<Refusal["code"], number>> = {
  "not-found": 404,
  denied: 403,
  invalid: 400,
  stale: 409,
  unavailable: 503,
};

const answerBody = z.strictObject({ answer: z.enum(["approve", "deny"]), comment: z.string().max(500).optional() });
const stopBody = z.strictObject({ scope: z.string().max(300), reason: z.string().min(1).max(500) });
const tokenBody = z.strictObject({
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(scopes)).min(1),
  roles: z.array(z.string().min(1).max(100)).max(20).default([]),
});
const listQuery = z.object({
  live: z.enum(["true", "false"]).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/**
 * The API under /api/v1, JSON throughout: what the CLI and the page use. Refusals answer 400, 401, 403, 404, 409 or 503
 * with `{"error": {"code", "message", "reasons"}}`.
 */
export function registerApi(server: FastifyInstance, operations: Operations, guard: Guard): void {
  const reading = { onRequest: guard("read") };
  server.get("/api/v1/status", reading, () => operations.status());
  server.get("/api/v1/incidents", reading, async (request) => {
    const query = listQuery.parse(request.query);
    return {
      incidents: await operations.incidents({
        limit: query.limit,
        ...(query.live === undefined ? {} : { live: query.live === "true" }),
      }),
    };
  });
  server.get(
    "/api/v1/incidents/:id",
    reading,
    async (request) => (await operations.incident(idOf(request))) ?? notFound(idOf(request)),
  );
  server.get("/api/v1/incidents/:id/plan", reading, async (request, reply) =>
    answer(reply, await operations.plan(idOf(request))),
  );
  server.get("/api/v1/audit", reading, (_request, reply) =>
    reply.type("application/jsonl").send(Readable.from(operations.exportAudit())),
  );
  registerChanges(server, operations, guard);
}

function registerChanges(server: FastifyInstance, operations: Operations, guard: Guard): void {
  server.post("/api/v1/approvals/:digest", { onRequest: guard("approve") }, async (request, reply) => {
    const body = answerBody.parse(request.body);
    const { digest } = request.params as { digest: string };
    return answer(reply, await operations.answer(whoIs(request), digest, body.answer, body.comment));
  });
  server.post("/api/v1/stops", { onRequest: guard("operate") }, async (request, reply) => {
    const body = stopBody.parse(request.body);
    const scope = parseStopScope(body.scope);
    return answer(
      reply,
      scope.ok ? await operations.stop(whoIs(request), scope.value, body.reason) : refused(scope.error),
    );
  });
  server.delete("/api/v1/stops/*", { onRequest: guard("operate") }, async (request, reply) => {
    const scope = parseStopScope((request.params as { "*": string })["*"]);
    return answer(reply, scope.ok ? await operations.resume(whoIs(request), scope.value) : refused(scope.error));
  });
  server.post("/api/v1/tokens", { onRequest: guard("operate") }, async (request, reply) => {
    const body = tokenBody.parse(request.body);
    return answer(reply, await operations.createToken(whoIs(request), body));
  });
}

const whoIs = (request: FastifyRequest): Caller => callerOf(request) ?? bug("a guarded route without a caller");

const idOf = (request: { readonly params: unknown }): string => (request.params as { id: string }).id;

const refused = (message: string): Result<never, Refusal> => ({
  ok: false,
  error: { code: "invalid", message, reasons: [] },
});

const notFound = (id: string): never => {
  throw Object.assign(new Error(`there is no incident \`${id.slice(0, 80)}\`; see \`homeostat incidents\``), {
    statusCode: 404,
  });
};

function answer(reply: FastifyReply, result: Result<unknown, Refusal>): unknown {
  if (result.ok) return result.value;
  return reply.code(statusOf[result.error.code]).send({ error: result.error });
}

/** Errors as the API words them. Zod's are the caller's; anything unforeseen is ours, and says nothing of the inside. */
export function answerError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof z.ZodError)
    return send(
      reply,
      400,
      "invalid",
      error.issues.map((i) => `${i.path.join(".") || "body"}: ${i.message.toLowerCase()}`).join("; "),
    );
  const { statusCode, message, code } = error as { statusCode?: number; message?: string; code?: string };
  if (code === "unavailable" || (error instanceof HttpRefusal && statusCode === 503))
    return send(reply, 503, "unavailable", message ?? "not available");
  if (statusCode !== undefined && statusCode < 500)
    return send(reply, statusCode, statusCode === 404 ? "not-found" : "invalid", message ?? "invalid");
  return send(reply, 500, "failed", "something went wrong here; see the log");
}

const send = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply.code(status).send({ error: { code, message, reasons: [] } });
