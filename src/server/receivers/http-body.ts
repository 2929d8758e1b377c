import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { HttpRefusal } from "../auth.ts";

/** Limits on the bodies of one receiver (I11). */
export interface BodyLimits {
  /** As sent, compressed or not. */
  readonly sentBytesMax: number;
  /** After decompression. */
  readonly plainBytesMax: number;
  /** Bodies being read at the same time; more are answered 429. */
  readonly atOnceMax: number;
  /** For the whole body to arrive; then the connection is closed. */
  readonly timeoutMs: number;
}

export const bodyLimits: BodyLimits = {
  sentBytesMax: 4 * 1024 * 1024,
  plainBytesMax: 16 * 1024 * 1024,
  atOnceMax: 64,
  timeoutMs: 30_000,
};

const gunzipAsync = promisify(gunzip);

/**
 * Makes `request.body` of these media types the decompressed bytes, in this Fastify context only. Any other media type
 * is answered 415, as is a content encoding other than gzip and identity; too large 413; gzip that is not 400.
 */
export function acceptBodies(server: FastifyInstance, mediaTypes: readonly string[], limits: BodyLimits): void {
  let atOnce = 0;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    [...mediaTypes],
    async (request: { headers: IncomingMessage["headers"] }, payload: IncomingMessage) => {
      const encoding = (request.headers["content-encoding"] ?? "identity").toLowerCase();
      if (encoding !== "identity" && encoding !== "gzip")
        throw new HttpRefusal(415, "unknown content encoding: send gzip or identity");
      if (Number(request.headers["content-length"] ?? 0) > limits.sentBytesMax) throw tooLarge(limits.sentBytesMax);
      if (atOnce >= limits.atOnceMax) throw new HttpRefusal(429, "too many requests at once: try again in 1 s");
      atOnce += 1;
      try {
        const sent = await collect(payload, limits);
        return encoding === "gzip" && sent.byteLength > 0 ? await inflate(sent, limits.plainBytesMax) : sent;
      } finally {
        atOnce -= 1;
      }
    },
  );
}

const tooLarge = (bytesMax: number): HttpRefusal =>
  new HttpRefusal(413, `the body is larger than ${bytesMax} bytes: send smaller batches`);

/** Collects by events: leaving a `for await` early would close the connection before the refusal is answered. */
function collect(payload: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => payload.destroy(new HttpRefusal(408, "the body took too long")), limits.timeoutMs);
  const onData = (chunk: Buffer): void => {
    size += chunk.byteLength;
    if (size <= limits.sentBytesMax) return void chunks.push(chunk);
    // What still comes is read and thrown away until the answer is out.
    payload.off("data", onData).resume();
    reject(tooLarge(limits.sentBytesMax));
  };
  payload.on("data", onData);
  payload.once("end", () => resolve(Buffer.concat(chunks)));
  payload.once("error", reject);
  payload.once("close", () => reject(new HttpRefusal(400, "the body was cut short")));
  return promise.finally(() => clearTimeout(timer));
}

async function inflate(sent: Buffer, bytesMax: number): Promise<Buffer> {
  try {
    return await gunzipAsync(sent, { maxOutputLength: bytesMax });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(bytesMax);
    throw new HttpRefusal(400, "the body is not gzip although `content-encoding` says so");
  }
}
