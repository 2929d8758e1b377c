import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { bug } from "../../kernel/assert.ts";
import { oneLine } from "../../kernel/one-line.ts";
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

/** Text of a person: one line or several, without the control characters that no store and no terminal should see. */
const text = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .regex(/^[^\p{Cc}\p{Cs}]*(?:[\t\n][^\p{Cc}\p{Cs}]*)*$/u, "must not hold control characters");
/** A name: one line, which turns no text around. */
const name = (charsMax: number) =>
  text(charsMax)
    .min(1)
    .refine((given) => oneLine(given) === given, "must be one line");
const answerBody = z.strictObject({ answer: z.enum(["approve", "deny"]), comment: text(500).optional() });
const stopBody = z.strictObject({ scope: text(300), reason: text(500).min(1) });
const closeBody = z.strictObject({ reason: text(500).min(1) });
const tokenBody = z.strictObject({
  name: name(100),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
  roles: z.array(name(100)).max(20).default([]),
});
const bodyLimit = 64 * 1024;
/** What an incident's id looks like; anything else is not looked up. */
const idForm = /^[\w.:-]{1,100}$/;
const listQuery = z.object({
  live: z.enum(["true", "false"]).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const topologyQuery = z.strictObject({
  environment: z.string().max(256).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/**
 * The API under /api/v1, JSON throughout: what the CLI and the page use; docs/reference/api.md describes it. Refusals
 * answer 400, 401, 403, 404, 409 or 503 with `{"error": {"code", "message", "reasons"}}`.
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
  server.get("/api/v1/topology", reading, async (request, reply) => {
    const { environment, limit } = topologyQuery.parse(request.query);
    return answer(reply, await operations.topology({ limit, ...(environment === undefined ? {} : { environment }) }));
  });
  // Without HEAD: it would read the whole log to say nothing.
  server.get("/api/v1/audit", { ...reading, exposeHeadRoute: false }, (_request, reply) =>
    reply.type("application/jsonl").send(Readable.from(operations.exportAudit())),
  );
  server.get("/api/v1/audit/checkpoint", reading, async (_request, reply) => {
    const note = await operations.checkpoint();
    if (note === undefined) throw new HttpRefusal(404, "nothing is signed yet: the first checkpoint comes within 10 s");
    return reply.type("text/plain; charset=utf-8").send(note);
  });
  registerChanges(server, operations, guard);
}

function registerChanges(server: FastifyInstance, operations: Operations, guard: Guard): void {
  server.post("/api/v1/approvals/:digest", { onRequest: guard("approve"), bodyLimit }, async (request, reply) => {
    const body = answerBody.parse(request.body);
    const { digest } = request.params as { digest: string };
    return answer(reply, await operations.answer(whoIs(request), digest, body.answer, body.comment));
  });
  server.post("/api/v1/stops", { onRequest: guard("operate"), bodyLimit }, async (request, reply) => {
    const body = stopBody.parse(request.body);
    const scope = parseStopScope(body.scope);
    return answer(
      reply,
      scope.ok ? await operations.stop(whoIs(request), scope.value, body.reason) : refused(scope.error),
    );
  });
  server.delete("/api/v1/stops/*", { onRequest: guard("operate"), bodyLimit }, async (request, reply) => {
    const scope = parseStopScope((request.params as { "*": string })["*"]);
    return answer(reply, scope.ok ? await operations.resume(whoIs(request), scope.value) : refused(scope.error));
  });
  server.post("/api/v1/incidents/:id/close", { onRequest: guard("operate"), bodyLimit }, async (request, reply) => {
    const body = closeBody.parse(request.body);
    return answer(reply, await operations.close(whoIs(request), idOf(request), body.reason));
  });
  server.post("/api/v1/tokens", { onRequest: guard("operate"), bodyLimit }, async (request, reply) => {
    const body = tokenBody.parse(request.body);
    return answer(reply, await operations.createToken(whoIs(request), body));
  });
}

const whoIs = (request: FastifyRequest): Caller => callerOf(request) ?? bug("a guarded route without a caller");

function idOf(request: { readonly params: unknown }): string {
  const { id } = request.params as { id: string };
  return idForm.test(id) ? id : notFound(id);
}

const refused = (message: string): Result<never, Refusal> => ({
  ok: false,
  error: { code: "invalid", message, reasons: [] },
});

const notFound = (id: string): never => {
  throw new HttpRefusal(404, `there is no incident \`${id.slice(0, 80)}\`; see \`homeostat incidents\``);
};

function answer(reply: FastifyReply, result: Result<unknown, Refusal>): unknown {
  if (result.ok) return result.value;
  return reply.code(statusOf[result.error.code]).send({ error: result.error });
}
