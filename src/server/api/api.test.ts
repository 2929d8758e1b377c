import { describe, expect, test } from "vitest";
import { AdapterError } from "../../ports/adapter-error.ts";
import { scopes, type Scope } from "../auth.ts";
import { givenServer, healthy, incident, refusal } from "../server-world.testsuite.ts";

const digest = "a".repeat(64);
/** Every route, and what it needs: a scope, or nothing. */
const routes: readonly (readonly [
  method: "GET" | "POST" | "DELETE",
  url: string,
  needs: Scope | "nothing",
  body?: object,
])[] = [
  ["GET", "/api/v1/status", "read"],
  ["GET", "/api/v1/incidents", "read"],
  ["GET", "/api/v1/incidents/inc-0123456789ab", "read"],
  ["GET", "/api/v1/incidents/inc-0123456789ab/plan", "read"],
  ["GET", "/api/v1/topology", "read"],
  ["GET", "/api/v1/audit", "read"],
  ["GET", "/api/v1/audit/checkpoint", "read"],
  ["GET", "/api/v1/telemetry/red?service=cart&environment=prod", "read"],
  ["GET", "/api/v1/telemetry/metrics?service=cart&environment=prod&name=queue.depth", "read"],
  ["GET", "/api/v1/telemetry/logs", "read"],
  ["GET", "/api/v1/telemetry/spans", "read"],
  ["GET", "/api/v1/telemetry/operations?service=cart", "read"],
  ["GET", "/api/v1/telemetry/traces/0af7651916cd43dd8448eb211c80319c", "read"],
  ["GET", "/metrics", "read"],
  ["POST", `/api/v1/approvals/${digest}`, "approve", { answer: "approve" }],
  ["POST", "/api/v1/stops", "operate", { scope: "all", reason: "drill" }],
  ["DELETE", "/api/v1/stops/service/cart", "operate"],
  ["POST", "/api/v1/incidents/inc-0123456789ab/close", "operate", { reason: "mine" }],
  ["POST", "/api/v1/tokens", "operate", { name: "bob", scopes: ["read"] }],
  ["POST", "/api/v1/login-links", "operate"],
  ["GET", "/healthz", "nothing"],
  ["GET", "/readyz", "nothing"],
  ["GET", "/page.js", "nothing"],
  ["GET", "/view.js", "nothing"],
  ["GET", "/page.css", "nothing"],
];

test("the table names every route there is, beside the page and its login", async () => {
  const { server } = await givenServer();
  await server.ready();
  const there = server.printRoutes({ commonPrefix: false }).match(/GET|POST|DELETE|PUT|PATCH/g) ?? [];
  expect(there.length).toBe(routes.length + 2);
  for (const [method, url] of routes) expect((await server.inject({ method, url })).statusCode, url).not.toBe(404);
});

describe.each(routes.map(([method, url, needs, payload]) => ({ method, url, needs, payload })))(
  "$method $url needs $needs",
  ({ method, url, needs, payload }) => {
    const ask = async (authorization?: string) => {
      const given = await givenServer();
      const token = authorization?.startsWith("scope ")
        ? await given.issue(authorization.slice(6) as Scope)
        : authorization;
      const headers = token === undefined ? {} : { authorization: token };
      return given.server.inject({ method, url, headers, ...(payload ? { payload } : {}) });
    };

    test.each([undefined, "Bearer hs_wrong", `Bearer hs_${"A".repeat(43)}`, "Basic YTpi"])(
      "with `%s`",
      async (token) => {
        const answer = await ask(token);
        if (needs === "nothing") return expect(answer.statusCode).toBe(200);
        expect(answer.statusCode).toBe(401);
        expect(answer.json()).toMatchObject({ error: { code: "unauthenticated", reasons: [] } });
        return expect(answer.headers["www-authenticate"]).toContain("Bearer");
      },
    );

    test.each(scopes)("with the scope %s", async (scope) => {
      const answer = await ask(`scope ${scope}`);
      const may = needs === "nothing" || needs === scope;
      expect(answer.statusCode, answer.body).toBe(may ? 200 : 403);
      if (!may) expect(answer.json()).toMatchObject({ error: { code: "denied" } });
    });
  },
);

describe("refusals", () => {
  test.each([
    ["denied", 403],
    ["invalid", 400],
    ["not-found", 404],
    ["stale", 409],
    ["unavailable", 503],
  ] as const)("%s is answered %d with the reasons", async (code, status) => {
    const { server, issue } = await givenServer({ stop: refusal(code) });
    const headers = { authorization: await issue("operate") };
    const payload = { scope: "all", reason: "drill" };
    const answer = await server.inject({ method: "POST", url: "/api/v1/stops", headers, payload });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({ error: { code, message: `a ${code} refusal`, reasons: ["why"] } });
  });

  test("a store that does not answer is 503, and a defect 500 that says nothing of the inside but is told in the log", async () => {
    const away = await givenServer({
      status: async () => Promise.reject(new AdapterError("unavailable", "the store is away")),
    });
    const headers = { authorization: await away.issue("read") };
    expect((await away.server.inject({ url: "/api/v1/status", headers })).statusCode).toBe(503);
    const broken = await givenServer({ status: async () => Promise.reject(new Error("password=hunter2 at db.ts:7")) });
    const answer = await broken.server.inject({
      url: "/api/v1/status",
      headers: { authorization: await broken.issue("read") },
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ error: { code: "failed" } });
    expect(answer.body).not.toMatch(/hunter2|db\.ts| at /);
    expect(broken.said.join()).toContain("hunter2");
  });

  test("an export that fails before its first line is an error, not an empty log", async () => {
    const { server, issue } = await givenServer({
      // oxlint-disable-next-line require-yield
      async *exportAudit() {
        throw new AdapterError("damaged-log", "the log shrank");
      },
    });
    const answer = await server.inject({ url: "/api/v1/audit", headers: { authorization: await issue("read") } });
    expect(answer.statusCode).toBe(500);
  });
});

describe("hostile input", () => {
  const post = async (url: string, payload: string, type = "application/json") => {
    const { server, issue, asked } = await givenServer();
    const headers = { authorization: await issue("approve", "operate"), "content-type": type };
    return { answer: await server.inject({ method: "POST", url, headers, payload }), asked };
  };
  const text = (over: object): string => JSON.stringify({ scope: "all", reason: "drill", ...over });

  test.each([
    ["/api/v1/stops", "", 400],
    ["/api/v1/stops", "{", 400],
    ["/api/v1/stops", "null", 400],
    ["/api/v1/stops", "[]", 400],
    ["/api/v1/stops", '{"scope":"all","reason":"x","__proto__":{"admin":true}}', 400],
    ["/api/v1/stops", '{"scope":"all","reason":"x","constructor":{"prototype":{"admin":true}}}', 400],
    ["/api/v1/stops", text({ extra: 1 }), 400],
    ["/api/v1/stops", text({ reason: "" }), 400],
    ["/api/v1/stops", text({ reason: "x".repeat(501) }), 400],
    ["/api/v1/stops", text({ reason: "a\u0000b" }), 400],
    ["/api/v1/stops", text({ reason: "\u001b[2Jgone" }), 400],
    ["/api/v1/stops", text({ reason: "\ud800" }), 400],
    ["/api/v1/stops", text({ scope: ["all"] }), 400],
    ["/api/v1/stops", text({ scope: "planet/earth" }), 400],
    ["/api/v1/stops", text({ scope: "service/a b" }), 400],
    ["/api/v1/stops", text({ reason: "x".repeat(70_000) }), 413],
    ["/api/v1/incidents/inc-0123456789ab/close", "{}", 400],
    ["/api/v1/incidents/inc-0123456789ab/close", '{"reason":""}', 400],
    ["/api/v1/incidents/inc-0123456789ab/close", '{"reason":"x","force":true}', 400],
    ["/api/v1/incidents/%20/close", '{"reason":"x"}', 404],
    [`/api/v1/approvals/${digest}`, '{"answer":"maybe"}', 400],
    ["/api/v1/tokens", '{"name":"x","scopes":[]}', 400],
    ["/api/v1/tokens", '{"name":"x","scopes":["root"]}', 400],
    ["/api/v1/tokens", '{"name":"x\\u0000","scopes":["read"]}', 400],
    ["/api/v1/tokens", '{"name":"ada\\nbob","scopes":["read"]}', 400],
    ["/api/v1/tokens", '{"name":"\\u202eada","scopes":["read"]}', 400],
    ["/api/v1/tokens", '{"name":"ada","scopes":["read"],"roles":["a\\u2028b"]}', 400],
  ])("%s with %s is answered %d, and nothing is done", async (url, payload, status) => {
    const { answer, asked } = await post(url, payload);
    expect(answer.statusCode, answer.body).toBe(status);
    expect(typeof answer.json().error.message).toBe("string");
    expect(asked).toEqual([]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("a body nested without end is answered 400, and nothing is done", async () => {
    const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
    for (const payload of [deep, `{"scope":${deep},"reason":"x"}`]) {
      const { answer, asked } = await post("/api/v1/stops", payload);
      expect([answer.statusCode, asked]).toEqual([400, []]);
    }
  });

  test("another media type than JSON is answered 415", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/xml"]) {
      const { answer } = await post("/api/v1/stops", text({}), type);
      expect(answer.statusCode, type).toBe(415);
      expect(answer.json()).toMatchObject({ error: { code: "unsupported" } });
    }
  });

  test("several lines of a reason are taken as they are", async () => {
    const { answer, asked } = await post("/api/v1/stops", text({ reason: "one\n\ttwo – drei 🛑" }));
    expect(answer.statusCode).toBe(200);
    expect(asked[0]?.at(-1)).toBe("one\n\ttwo – drei 🛑");
  });

  test.each([
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "'; drop table incidents; --",
    "<img src=x onerror=alert(1)>",
    "a".repeat(399),
    "%1b%5b2J",
  ])("the id `%s` is not found", async (id) => {
    const { server, issue } = await givenServer();
    for (const end of ["", "/plan"]) {
      const headers = { authorization: await issue("read") };
      const answer = await server.inject({
        url: `/api/v1/incidents/${id.includes("%") ? id : encodeURIComponent(id)}${end}`,
        headers,
      });
      expect(answer.statusCode, answer.body).toBe(404);
      expect(answer.headers["content-type"]).toContain("application/json");
    }
  });

  test.each([
    ["?limit=0", 400],
    ["?limit=501", 400],
    ["?limit=1e9", 400],
    ["?limit=x", 400],
    ["?live=maybe", 400],
    ["?limit=1&limit=2", 400],
    ["?limit=7&live=true", 200],
  ])("the list with %s is answered %d", async (query, status) => {
    const { server, issue, asked } = await givenServer();
    const headers = { authorization: await issue("read") };
    expect((await server.inject({ url: `/api/v1/incidents${query}`, headers })).statusCode).toBe(status);
    if (status === 200) expect(asked).toEqual([["incidents", { limit: 7, live: true }]]);
  });

  test.each([
    "/etc/passwd",
    "/page.js/../server.ts",
    "/..%2fserver.ts",
    "/%2e%2e/server.ts",
    "/assets/page.html",
    "/page.html",
  ])("%s is not served", async (url) => {
    const { server } = await givenServer();
    expect((await server.inject({ url })).statusCode).toBe(404);
  });

  test("addresses that cannot be one are refused in the same words", async () => {
    const { server } = await givenServer();
    for (const [url, status] of [
      ["/api/v1/incidents/%E0%A4%A", 400],
      [`/api/v1/incidents/${"a".repeat(401)}`, 414],
    ] as const) {
      const answer = await server.inject({ url });
      expect(answer.statusCode).toBe(status);
      expect(answer.json().error.message).toContain("address");
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    }
  });
});

describe("methods", () => {
  test("HEAD says what GET would, without a body; OPTIONS offers nothing to other origins", async () => {
    const { server, issue } = await givenServer();
    const headers = { authorization: await issue("read"), origin: "https://evil.example" };
    const head = await server.inject({ method: "HEAD", url: "/api/v1/status", headers });
    expect([head.statusCode, head.body]).toEqual([200, ""]);
    expect((await server.inject({ method: "HEAD", url: "/api/v1/audit", headers })).statusCode).toBe(404);
    for (const method of ["OPTIONS", "PUT", "PATCH", "TRACE"] as const) {
      const answer = await server.inject({ method, url: "/api/v1/stops", headers });
      expect(answer.statusCode).toBe(404);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });
});

test("every answer carries the security headers, refusals and defects too", async () => {
  const { server, issue } = await givenServer({ incidents: async () => Promise.reject(new Error("a defect")) });
  const headers = { authorization: await issue("read") };
  const urls = [...routes.filter(([method]) => method === "GET").map(([, url]) => url), "/", "/nowhere", "/login"];
  const answers = [];
  for (const url of urls) answers.push(await server.inject({ url }), await server.inject({ url, headers }));
  expect(new Set(answers.map((a) => a.statusCode))).toEqual(new Set([200, 401, 404, 500]));
  for (const { headers: h } of answers) {
    expect(h["content-security-policy"]).toContain("default-src 'none'");
    expect(h["content-security-policy"]).not.toContain("unsafe");
    expect(h["x-content-type-options"]).toBe("nosniff");
    expect(h["x-frame-options"]).toBe("DENY");
    expect(h["referrer-policy"]).toBe("no-referrer");
    expect(h["cache-control"]).toBe("no-store");
    expect(h["server"] ?? h["x-powered-by"]).toBeUndefined();
  }
});

test("the audit log and its checkpoint are given as they are", async () => {
  const { server, issue } = await givenServer();
  const headers = { authorization: await issue("read") };
  expect((await server.inject({ url: "/api/v1/audit", headers })).body).toBe("one\ntwo\n");
  expect((await server.inject({ url: "/api/v1/audit/checkpoint", headers })).body).toBe("a checkpoint\n");
  const fresh = await givenServer({ checkpoint: async () => undefined });
  const answer = await fresh.server.inject({
    url: "/api/v1/audit/checkpoint",
    headers: { authorization: await fresh.issue("read") },
  });
  expect(answer.statusCode).toBe(404);
});

test("readiness: a failed part is 503, a degraded one is not; liveness says only that the process answers", async () => {
  const state = async (given: "ok" | "degraded" | "failed") => {
    const { server } = await givenServer({ status: async () => ({ ...healthy, state: given }) });
    return [
      (await server.inject({ url: "/readyz" })).statusCode,
      (await server.inject({ url: "/healthz" })).statusCode,
    ];
  };
  expect(await state("ok")).toEqual([200, 200]);
  expect(await state("degraded")).toEqual([200, 200]);
  expect(await state("failed")).toEqual([503, 200]);
  const { server } = await givenServer({ status: async () => Promise.reject(new Error("x")) });
  expect((await server.inject({ url: "/readyz" })).json()).toEqual({ state: "failed", failed: [] });
});

test("readiness names what failed to anybody, and none of the details", async () => {
  const failed = {
    name: "database",
    state: "failed",
    detail: "password of postgres://me@db.internal is wrong",
  } as const;
  const components = [failed, { name: "detection", state: "ok", detail: "" }] as const;
  const { server } = await givenServer({ status: async () => ({ ...healthy, state: "failed", components }) });
  const answer = await server.inject({ url: "/readyz" });
  expect([answer.statusCode, answer.json()]).toEqual([503, { state: "failed", failed: ["database"] }]);
});

test("what an operator did is done in the name of the token, with what was asked", async () => {
  const { server, issue, asked } = await givenServer();
  const headers = { authorization: await issue("operate", "approve") };
  await server.inject({ method: "DELETE", url: "/api/v1/stops/service/cart", headers });
  await server.inject({
    method: "POST",
    url: `/api/v1/approvals/${digest}`,
    headers,
    payload: { answer: "deny", comment: "no" },
  });
  const caller = { kind: "person", name: "ada", scopes: ["operate", "approve"], roles: ["operator"] };
  expect(asked).toEqual([
    ["resume", caller, { kind: "service", value: "cart" }],
    ["answer", caller, digest, "deny", "no"],
  ]);
  expect(incident().id).toMatch(/^inc-/);
});
