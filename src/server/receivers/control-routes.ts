import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { ControlSignal } from "../../loop/signal/signal.ts";
import { HttpRefusal } from "../auth.ts";
import { countRefusals } from "./count-refusals.ts";
import { acceptBodies, bodyLimits } from "./http-body.ts";
import type { ReceiverOptions } from "./receiver.ts";

/** One thing wrong in a request: where, and what was expected. */
export interface LocatedError {
  /** `alerts[0].startsAt`; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}

/** A body that is JSON but not what was expected. Nothing of it is taken. */
export class InvalidBody extends Error {
  override readonly name = "InvalidBody";
  readonly statusCode: number;
  readonly errors: readonly LocatedError[];

  constructor(statusCode: number, message: string, errors: readonly LocatedError[]) {
    super(message);
    this.statusCode = statusCode;
    this.errors = errors;
  }
}

const errorsShownMax = 20;
const errorTextMax = 200;

/** What a schema makes of a part of a body. Throws InvalidBody with what is wrong, located; at most 20 of it. */
export function readAs<T>(schema: z.ZodType<T>, value: unknown, what: string, prefix = ""): T {
  const parsed = parseBounded(schema, value, what);
  if (parsed.success) return parsed.data;
  // Zod's messages name expectations, and keys that are unknown; never values.
  const errors = parsed.error.issues.slice(0, errorsShownMax).map(({ path, message }) => ({
    path: cut(pathText(path, prefix)),
    message: cut(message.charAt(0).toLowerCase() + message.slice(1)),
  }));
  throw new InvalidBody(400, `this is not ${what}: see \`errors\``, errors);
}

/** Zod collects everything that is wrong, and cannot where that is hundreds of thousands of things. */
function parseBounded<T>(schema: z.ZodType<T>, value: unknown, what: string): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new InvalidBody(400, `this is not ${what}: more is wrong with it than can be told`, []);
  }
}

const cut = (text: string): string => (text.length > errorTextMax ? `${text.slice(0, errorTextMax)}…` : text);

const pathText = (path: readonly PropertyKey[], prefix: string): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, prefix);

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new HttpRefusal(400, "the body is not JSON");
  }
}

/** The Fastify context that control receivers share: their bodies, their error answers. */
export function prepareControl(server: FastifyInstance, mediaTypes: readonly string[], options: ReceiverOptions): void {
  countRefusals(server, options.count);
  acceptBodies(server, mediaTypes, { ...bodyLimits, ...options.limits });
  server.setErrorHandler<FastifyError>((error, request, reply) => answerError(error, mediaTypes, request, reply));
}

/** Hands control signals over; resolves once they are durable, so that only then 2xx is answered (A10). */
export async function takeControl(
  items: readonly { readonly id: string; readonly signal: ControlSignal }[],
  { intake }: ReceiverOptions,
  request: FastifyRequest,
): Promise<void> {
  if (items.length === 0) return;
  try {
    await intake.control(items);
  } catch (cause) {
    request.log.error({ err: cause }, "cannot keep alerts or changes");
    throw new HttpRefusal(503, "cannot be kept right now: send it again in 5 s");
  }
}

function answerError(error: Error, mediaTypes: readonly string[], request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof InvalidBody)
    return reply.code(error.statusCode).send({ message: error.message, errors: error.errors });
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  if (status >= 500 && !(error instanceof HttpRefusal)) request.log.error({ err: error }, "a request failed");
  if (status === 503 || status === 429) void reply.header("retry-after", status === 503 ? "5" : "1");
  if (status === 413) void reply.header("connection", "close");
  return reply.code(status).send({ message: messageOf(error, status, mediaTypes) });
}

function messageOf(error: Error, status: number, mediaTypes: readonly string[]): string {
  if (error instanceof HttpRefusal) return error.message;
  if (status === 415) return `unknown content type: send one of ${mediaTypes.map((type) => `\`${type}\``).join(", ")}`;
  return status < 500 ? "the request cannot be read" : "the request could not be taken: try again later";
}
