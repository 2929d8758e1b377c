import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { HttpRefusal } from "../auth.ts";

/** Every body of an answer that is no success: `{"error": {"code", "message", "reasons"}}`. */
const codes: Readonly<Record<number, string>> = {
  401: "unauthenticated",
  403: "denied",
  404: "not-found",
  409: "stale",
  413: "too-large",
  414: "too-large",
  415: "unsupported",
  429: "too-many",
};

/** Words errors as the API does. Zod's are the caller's; anything unforeseen is ours: it goes to the log, not to the caller. */
export function answerErrors(server: FastifyInstance, log: (text: string) => void): void {
  server.setErrorHandler((error, request, reply) => {
    const known = knownError(error);
    if (known) return send(reply, ...known);
    log(`${request.method} ${request.routeOptions.url ?? "?"} failed: ${textOf(error)}`);
    return send(reply, 500, "failed", "something went wrong here; see the log of `homeostat up`");
  });
  server.setNotFoundHandler((_request, reply) =>
    send(reply, 404, "not-found", "there is nothing here; docs/reference/api.md lists what there is"),
  );
}

/** An address that cannot be one, which the framework refuses before any route or hook sees it. */
export function answerMalformed(
  error: { readonly statusCode?: number | undefined },
  reply: FastifyReply,
): FastifyReply {
  const status = error.statusCode === 414 ? 414 : 400;
  return send(reply, status, codes[status] ?? "invalid", "this address cannot be one: correct or shorten it");
}

function knownError(error: unknown): [status: number, code: string, message: string] | undefined {
  if (error instanceof z.ZodError) return [400, "invalid", error.issues.slice(0, 10).map(issueText).join("; ")];
  const { statusCode, message = "", code } = error as { statusCode?: number; message?: string; code?: string };
  if (code === "unavailable" || (error instanceof HttpRefusal && statusCode === 503))
    return [503, "unavailable", message];
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return [statusCode, codes[statusCode] ?? "invalid", message];
  return undefined;
}

const issueText = (issue: z.core.$ZodIssue): string =>
  `${issue.path.map(String).join(".").slice(0, 100) || "body"}: ${issue.message.toLowerCase().slice(0, 200)}`;

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

const send = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply
    .code(status)
    .type("application/json; charset=utf-8")
    .send({ error: { code, message, reasons: [] } });
