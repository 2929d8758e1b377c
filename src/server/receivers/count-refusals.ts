import type { FastifyInstance } from "fastify";
import type { ReceiverCounter, ReceiverOptions } from "./receiver.ts";

/** Counts the requests of a receiver that were turned away whole, by why: their senders may not look, so the status has to say. */
export function countRefusals(server: FastifyInstance, count: ReceiverOptions["count"]): void {
  server.addHook("onResponse", async (_request, { statusCode }) => {
    const counter = refusalCounter(statusCode);
    if (counter) count?.(counter, 1);
  });
}

/** By an HTTP status, or what is one in another protocol; undefined for what was taken. */
export function refusalCounter(status: number): ReceiverCounter | undefined {
  if (status < 400) return undefined;
  if (status === 401 || status === 403) return "requests_unauthorized";
  if (status === 413) return "requests_too_large";
  return status === 429 || status >= 500 ? "requests_not_taken" : "requests_malformed";
}
