import { createHash, randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../engine/operations.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";

/** What a bearer token may be used for. */
export type Scope = "ingest" | "read" | "operate" | "approve";
export const scopes: readonly Scope[] = ["ingest", "read", "operate", "approve"];

const prefix = "hs_";
const tokenForm = /^hs_[A-Za-z0-9_-]{43}$/;
const knownForMs = 5_000;
const unknownForMs = 1_000;
const entriesMax = 1_024;

/** A new token: 256 random bits. The text is shown once to whoever asked; only its SHA-256 is ever kept (I10). */
export function createToken(): { readonly token: string; readonly sha256: string } {
  const token = prefix + randomBytes(32).toString("base64url");
  return { token, sha256: tokenSha256(token) };
}

/** The hash a token is stored and looked up by, in hex. */
export const tokenSha256 = (token: string): string => createHash("sha256").update(token).digest("hex");

/** The refusal of a request. Fastify answers `statusCode`; receivers write it in the request's encoding. */
export class HttpRefusal extends Error {
  override readonly name = "HttpRefusal";
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** What is looked at of a request, by whatever protocol it came. */
interface Sent {
  readonly headers: { readonly authorization?: string | undefined };
}

export interface BearerAuth {
  /**
   * Who sent this request, by its bearer token; undefined when it carries none that is valid. Rejects with AdapterError
   * when the store cannot be asked and the token was not seen within the last 5 s: nobody is let in on a guess (I7).
   */
  authenticate(request: Sent): Promise<Caller | undefined>;
  /** A hook that lets only callers with this scope pass: 401 without a valid token, 403 without the scope, 503 when it cannot be told. Use it as `onRequest`, so that no body is read for strangers. */
  requireScope(scope: Scope): (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** The caller that `requireScope` let pass. */
export const callerOf = (request: FastifyRequest): Caller | undefined => callers.get(request);

/** Admits a caller found by other means (a page session) to the same request, for `callerOf`. */
export const setCaller = (request: FastifyRequest, caller: Caller): void => void callers.set(request, caller);

/**
 * Bearer tokens (RFC 6750). A token is found by its hash, so comparing leaks no timing about the token itself. Answers are
 * kept for 5 s (1 s for unknown tokens), so that ingestion does not ask the database each time; a token that is revoked
 * or expires works at most that much longer.
 */
export function bearerAuth(tokens: Pick<Store["tokens"], "find">, clock: Clock): BearerAuth {
  const lookUp = cachedLookUp(tokens, clock);
  const authenticate = async (request: Sent): Promise<Caller | undefined> => {
    const token = bearerToken(request.headers.authorization);
    return token === undefined ? undefined : lookUp(tokenSha256(token));
  };
  const requireScope = (scope: Scope) => async (request: FastifyRequest, reply: FastifyReply) => {
    const caller = await authenticate(request).catch((cause: unknown) => {
      void reply.header("retry-after", "5");
      request.log.error({ err: cause }, "cannot look tokens up");
      throw new HttpRefusal(503, "cannot check the token because the database does not answer: try again in 5 s");
    });
    if (!caller) {
      void reply.header("www-authenticate", 'Bearer realm="homeostat"');
      throw new HttpRefusal(401, "no valid bearer token: send `Authorization: Bearer hs_…`");
    }
    if (!caller.scopes.includes(scope)) {
      void reply.header("www-authenticate", `Bearer realm="homeostat", error="insufficient_scope", scope="${scope}"`);
      throw new HttpRefusal(403, `this token lacks the scope \`${scope}\`: use one that has it`);
    }
    setCaller(request, caller);
  };
  return { authenticate, requireScope };
}

/** The scheme is case-insensitive (RFC 9110). Anything that is not in the form of our tokens is not looked up. */
function bearerToken(header: string | undefined): string | undefined {
  const token = /^bearer +(\S+)$/i.exec(header ?? "")?.[1];
  return token !== undefined && tokenForm.test(token) ? token : undefined;
}

function cachedLookUp(tokens: Pick<Store["tokens"], "find">, clock: Clock) {
  const cache = new Map<string, { readonly caller: Caller | undefined; readonly untilMs: number }>();
  return async (sha256: string): Promise<Caller | undefined> => {
    const nowMs = clock.nowMs();
    const cached = cache.get(sha256);
    // A clock that jumped back must not make an entry live longer than it should.
    if (cached && nowMs < cached.untilMs && cached.untilMs - nowMs <= knownForMs) return cached.caller;
    cache.delete(sha256);
    const found = await tokens.find(sha256, nowMs);
    const caller = found && callerFrom(found);
    if (cache.size >= entriesMax) cache.clear();
    cache.set(sha256, { caller, untilMs: nowMs + (caller ? knownForMs : unknownForMs) });
    return caller;
  };
}

/** Only people approve, so a token with that scope is a person's; every other token is a machine's. */
function callerFrom(found: { name: string; scopes: readonly string[]; roles: readonly string[] }): Caller {
  const kind = found.scopes.includes("approve") ? "person" : "machine";
  return { kind, name: found.name, scopes: found.scopes, roles: found.roles };
}
