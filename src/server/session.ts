import { createHash, randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../engine/operations.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { callerOf, HttpRefusal, setCaller, type BearerAuth, type Scope } from "./auth.ts";

const cookie = "homeostat_session";
const sessionMs = 12 * 3_600_000;
const linkMs = 10 * 60_000;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A login link's code: works once, for ten minutes, and only to look (scope `read`). */
export async function createLoginCode(store: Store, clock: Clock, name: string): Promise<string> {
  const code = randomBytes(32).toString("base64url");
  await store.tokens.put({
    sha256: sha256(`login:${code}`),
    name,
    scopes: ["read"],
    roles: [],
    expiresAtMs: clock.nowMs() + linkMs,
    singleUse: true,
  });
  return code;
}

/** Refused logins that are recorded in one minute at most: strangers must not be able to fill the audit log (I11). */
const refusedMax = 10;
const refusedWithinMs = 60_000;

/** Called with whether a login was good, for the audit log (K1). */
export type LoginSeen = (name: string, good: boolean) => Promise<void>;

/** `POST /api/v1/login-links` makes a link; `GET /login?code=…` turns a one-time code into a session cookie: HttpOnly, SameSite=Strict, read only. */
export function registerLogin(
  server: FastifyInstance,
  store: Store,
  clock: Clock,
  auth: BearerAuth,
  seen: LoginSeen,
): void {
  server.post("/api/v1/login-links", { onRequest: auth.requireScope("operate") }, async (request) => ({
    path: `/login?code=${await createLoginCode(store, clock, callerOf(request)?.name ?? "unknown")}`,
  }));
  const isTold = limited(clock);
  // Without HEAD: whoever only looks at a link must not use it up.
  server.get("/login", { exposeHeadRoute: false }, async (request, reply) => {
    const { code } = request.query as { code?: unknown };
    const found =
      typeof code === "string" && code.length < 200
        ? await store.tokens.redeem(sha256(`login:${code}`), clock.nowMs())
        : undefined;
    if (found || isTold()) await seen(found?.name ?? "unknown", found !== undefined);
    if (!found)
      return reply
        .code(401)
        .type("text/plain; charset=utf-8")
        .send("this login link is not valid any more: get a new one with `homeostat login`\n");
    const session = randomBytes(32).toString("base64url");
    await store.tokens.put({
      sha256: sha256(`session:${session}`),
      name: found.name,
      scopes: ["read"],
      roles: [],
      expiresAtMs: clock.nowMs() + sessionMs,
      singleUse: false,
    });
    return reply
      .header("set-cookie", `${cookie}=${session}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${sessionMs / 1000}`)
      .redirect("/");
  });
}

function limited(clock: Clock): () => boolean {
  let [sinceMs, told] = [-Infinity, 0];
  return () => {
    const nowMs = clock.nowMs();
    if (Math.abs(nowMs - sinceMs) >= refusedWithinMs) [sinceMs, told] = [nowMs, 0];
    return ++told <= refusedMax;
  };
}

/** Who a request's session cookie belongs to. */
export async function sessionOf(request: FastifyRequest, store: Store, clock: Clock): Promise<Caller | undefined> {
  const session = new RegExp(`(?:^|; )${cookie}=([A-Za-z0-9_-]{43})(?:;|$)`).exec(request.headers.cookie ?? "")?.[1];
  if (session === undefined) return undefined;
  const found = await store.tokens.find(sha256(`session:${session}`), clock.nowMs());
  return found && { kind: "person", name: found.name, roles: found.roles, scopes: found.scopes };
}

/** Lets a session pass for reading; everything else needs a bearer token. */
export const guardWith = (auth: BearerAuth, store: Store, clock: Clock) => (scope: Scope) => {
  const bearer = auth.requireScope(scope);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (scope !== "read" || request.headers.authorization !== undefined) return bearer(request, reply);
    const caller = await sessionOf(request, store, clock).catch(() => {
      throw new HttpRefusal(503, "cannot check the session because the database does not answer: try again in 5 s");
    });
    return caller ? setCaller(request, caller) : bearer(request, reply);
  };
};
