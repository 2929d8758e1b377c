import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { Result } from "../../kernel/result.ts";
import type { Caller, Operations, Refusal } from "../../engine/operations.ts";
import { parseStopScope } from "../../loop/decision/stop.ts";

/** Gives the caller a request was authenticated as, or answers it with 401 or 403 and gives undefined. */
export type Authorise = (request: import("fastify").FastifyRequest, reply: FastifyReply, scope: string) => Promise<Caller | undefined>;

const statusOf: Readonly<Record<Refusal["code"], number>> = { "not-found": 404, denied: 403, invalid: 400, stale: 409, unavailable: 503 };

const answerBody = z.strictObject({ answer: z.enum(["approve", "deny"]), comment: z.string().max(500).optional() });
const stopBody = z.strictObject({ scope: z.string().max(300), reason: z.string().min(1).max(500) });
const listQuery = z.object({ live: z.enum(["true", "false"]).optional(), limit: z.coerce.number().int().min(1).max(500).default(50) });

/**
 * The API under /api/v1, JSON throughout: what the CLI and the page use. Refusals answer 400, 401, 403, 404, 409 or 503
 * with `{"error": {"code", "message", "reasons"}}`.
 */
export function registerApi(server: FastifyInstance, operations: Operations, authorise: Authorise): void {
  const reading = read(server, operations, authorise);
  reading("/api/v1/status", () => operations.status());
  reading("/api/v1/incidents", async (request) => {
    const query = listQuery.parse(request.query);
    return { incidents: await operations.incidents({ limit: query.limit, ...(query.live === undefined ? {} : { live: query.live === "true" }) }) };
  });
  reading("/api/v1/incidents/:id", async (request) => (await operations.incident(idOf(request))) ?? notFound(idOf(request)));
  reading("/api/v1/incidents/:id/plan", async (request, reply) => answer(reply, await operations.plan(idOf(request))));
  server.get("/api/v1/audit", async (request, reply) => {
    if (!(await authorise(request, reply, "read"))) return reply;
    const { Readable } = await import("node:stream");
    return reply.type("application/jsonl").send(Readable.from(operations.exportAudit()));
  });
  server.post("/api/v1/approvals/:digest", async (request, reply) => {
    const caller = await authorise(request, reply, "approve");
    if (!caller) return reply;
    const body = answerBody.parse(request.body);
    const { digest } = request.params as { digest: string };
    return answer(reply, await operations.answer(caller, digest, body.answer, body.comment));
  });
  server.post("/api/v1/stops", async (request, reply) => {
    const caller = await authorise(request, reply, "operate");
    if (!caller) return reply;
    const body = stopBody.parse(request.body);
    const scope = parseStopScope(body.scope);
    return answer(reply, scope.ok ? await operations.stop(caller, scope.value, body.reason) : refused(scope.error));
  });
  server.delete("/api/v1/stops/*", async (request, reply) => {
    const caller = await authorise(request, reply, "operate");
    if (!caller) return reply;
    const scope = parseStopScope((request.params as { "*": string })["*"]);
    return answer(reply, scope.ok ? await operations.resume(caller, scope.value) : refused(scope.error));
  });
}

type Handler = (request: import("fastify").FastifyRequest, reply: FastifyReply) => Promise<unknown>;

const read = (server: FastifyInstance, _operations: Operations, authorise: Authorise) => (path: string, handler: Handler) =>
  server.get(path, async (request, reply) => ((await authorise(request, reply, "read")) ? handler(request, reply) : reply));

const idOf = (request: { readonly params: unknown }): string => (request.params as { id: string }).id;

const refused = (message: string): Result<never, Refusal> => ({ ok: false, error: { code: "invalid", message, reasons: [] } });

const notFound = (id: string): never => {
  throw Object.assign(new Error(`there is no incident \`${id.slice(0, 80)}\`; see \`homeostat incidents\``), { statusCode: 404 });
};

function answer(reply: FastifyReply, result: Result<unknown, Refusal>): unknown {
  if (result.ok) return result.value;
  return reply.code(statusOf[result.error.code]).send({ error: result.error });
}

/** Errors as the API words them. Zod's are the caller's; anything unforeseen is ours, and says nothing of the inside. */
export function answerError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof z.ZodError) return send(reply, 400, "invalid", error.issues.map((i) => `${i.path.join(".") || "body"}: ${i.message.toLowerCase()}`).join("; "));
  const { statusCode, message, code } = error as { statusCode?: number; message?: string; code?: string };
  if (code === "unavailable") return send(reply, 503, "unavailable", message ?? "not available");
  if (statusCode !== undefined && statusCode < 500) return send(reply, statusCode, statusCode === 404 ? "not-found" : "invalid", message ?? "invalid");
  return send(reply, 500, "failed", "something went wrong here; see the log");
}

const send = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply => reply.code(status).send({ error: { code, message, reasons: [] } });
