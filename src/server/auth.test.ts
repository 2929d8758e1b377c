import fastify from "fastify";
import { expect, test } from "vitest";
import { AdapterError } from "../ports/adapter-error.ts";
import { bearerAuth, callerOf, createToken, tokenSha256, type Scope } from "./auth.ts";

type Row = { name: string; scopes: string[]; roles: string[] };

function world() {
  let nowMs = 1_000_000;
  const rows = new Map<string, Row>();
  const state = { lookUps: 0, down: false };
  const auth = bearerAuth(
    {
      async find(sha256) {
        state.lookUps += 1;
        if (state.down) throw new AdapterError("unavailable", "database gone", { retryable: true });
        return rows.get(sha256);
      },
    },
    { nowMs: () => nowMs },
  );
  const server = fastify();
  server.get("/ingest", { onRequest: auth.requireScope("ingest") }, (request) => callerOf(request));
  const issue = (...scopes: Scope[]) => {
    const { token, sha256 } = createToken();
    rows.set(sha256, { name: "shop", scopes, roles: ["sre"] });
    return token;
  };
  const call = (authorization?: string) =>
    server.inject({ url: "/ingest", headers: authorization === undefined ? {} : { authorization } });
  return { state, rows, issue, call, advance: (ms: number) => (nowMs += ms) };
}

test("a token is 256 random bits with the prefix, and only its hash is comparable", () => {
  const { token, sha256 } = createToken();
  expect(token).toMatch(/^hs_[A-Za-z0-9_-]{43}$/);
  expect(sha256).toBe(tokenSha256(token));
  expect(createToken().token).not.toBe(token);
});

test("a valid token with the scope passes and names its caller", async () => {
  const w = world();
  const answer = await w.call(`Bearer ${w.issue("ingest")}`);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ kind: "machine", name: "shop", scopes: ["ingest"], roles: ["sre"] });
  expect((await w.call(`bearer ${w.issue("ingest", "approve")}`)).json()).toMatchObject({ kind: "person" });
});

test.each([
  undefined,
  "",
  "Bearer",
  "Bearer x",
  "Basic aHM6",
  `Bearer ${createToken().token}`,
  "Bearer hs_'; drop table",
])("`%s` is refused with 401 and a challenge", async (header) => {
  const w = world();
  w.issue("ingest");
  const answer = await w.call(header);
  expect(answer.statusCode).toBe(401);
  expect(answer.headers["www-authenticate"]).toContain("Bearer");
});

test("a token without the scope is refused with 403 that names the scope", async () => {
  const w = world();
  const answer = await w.call(`Bearer ${w.issue("read", "operate", "approve")}`);
  expect(answer.statusCode).toBe(403);
  expect(answer.json().message).toContain("`ingest`");
});

test("a token seen within 5 s passes without the database; after that a lost database lets nobody in", async () => {
  const w = world();
  const token = w.issue("ingest");
  await w.call(`Bearer ${token}`);
  w.state.down = true;
  w.advance(4_999);
  expect((await w.call(`Bearer ${token}`)).statusCode).toBe(200);
  expect(w.state.lookUps).toBe(1);
  w.advance(1);
  const answer = await w.call(`Bearer ${token}`);
  expect(answer.statusCode).toBe(503);
  expect(answer.headers["retry-after"]).toBe("5");
});

test("a revoked token stops working within 5 s, an issued one works within 1 s of having been tried", async () => {
  const w = world();
  const token = w.issue("ingest");
  await w.call(`Bearer ${token}`);
  const row = w.rows.get(tokenSha256(token));
  w.rows.clear();
  w.advance(5_000);
  expect((await w.call(`Bearer ${token}`)).statusCode).toBe(401);
  w.rows.set(tokenSha256(token), row ?? { name: "gone", scopes: [], roles: [] });
  w.advance(1_000);
  expect((await w.call(`Bearer ${token}`)).statusCode).toBe(200);
});

test("a clock that jumps back does not keep a revoked token alive", async () => {
  const w = world();
  const token = w.issue("ingest");
  await w.call(`Bearer ${token}`);
  w.rows.clear();
  w.advance(-3_600_000);
  expect((await w.call(`Bearer ${token}`)).statusCode).toBe(401);
});
