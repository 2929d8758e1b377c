import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpRefusal } from "../auth.ts";
import { cleanText } from "./clean-text.ts";
import { countRefusals } from "./count-refusals.ts";
import { acceptBodies, bodyLimits } from "./http-body.ts";
import { Malformed } from "./otlp/malformed.ts";
import { contentTypes, exportResponse, statusResponse, type OtlpEncoding, type OtlpSignal } from "./otlp/responses.ts";
import type { ReceiverOptions } from "./receiver.ts";
import { takeOtlp, type Taken } from "./take-otlp.ts";

/**
 * OTLP/HTTP 1.x: `POST /v1/traces`, `/v1/metrics` and `/v1/logs`, as a Fastify plugin. Answers are in the request's
 * encoding; a failure is a google.rpc.Status. A request is taken whole, in part with the count and reason of what was
 * not, or not at all.
 */
export function otlpRoutes(server: FastifyInstance, options: ReceiverOptions): Promise<void> {
  acceptBodies(server, Object.values(contentTypes), { ...bodyLimits, ...options.limits });
  countRefusals(server, options.count);
  server.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  const clean = cleanText(options.redactor);
  for (const signal of ["traces", "metrics", "logs"] as const) {
    server.post(`/v1/${signal}`, { onRequest: options.auth.requireScope("ingest") }, (request, reply) => {
      const encoding = encodingOf(request);
      if (!Buffer.isBuffer(request.body) || !encoding) throw new HttpRefusal(415, wantedTypes);
      return answer(signal, encoding, takeOtlp(signal, encoding, request.body, clean, options), reply);
    });
  }
  return Promise.resolve();
}

const wantedTypes = `send \`content-type: ${contentTypes.protobuf}\` or \`${contentTypes.json}\``;

function answer(signal: OtlpSignal, encoding: OtlpEncoding, taken: Taken, reply: FastifyReply): FastifyReply {
  void reply.type(contentTypes[encoding]);
  if ("refused" in taken)
    return reply
      .code(429)
      .header("retry-after", "1")
      .send(statusResponse(encoding, 429, taken.refused));
  return reply.code(200).send(exportResponse(signal, encoding, taken.rejected, taken.why));
}

function encodingOf(request: FastifyRequest): OtlpEncoding | undefined {
  const mediaType = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType === contentTypes.protobuf) return "protobuf";
  return mediaType === contentTypes.json ? "json" : undefined;
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const encoding = encodingOf(request) ?? "json";
  const { status, message } = refusalOf(error);
  if (status >= 500) request.log.error({ err: error }, "an OTLP request failed");
  if (status === 429) void reply.header("retry-after", "1");
  if (status === 413) void reply.header("connection", "close");
  return reply
    .code(status)
    .type(contentTypes[encoding])
    .send(statusResponse(encoding, status, message));
}

function refusalOf(error: unknown): { status: number; message: string } {
  if (error instanceof Malformed) return { status: 400, message: error.message };
  if (error instanceof HttpRefusal) return { status: error.statusCode, message: error.message };
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  if (status === 415) return { status, message: wantedTypes };
  // What went wrong inside is for the log, not for strangers; a failure is worth another try.
  if (status >= 400 && status < 500) return { status, message: "the request cannot be read" };
  return { status: 503, message: "the request could not be taken: try again later" };
}
