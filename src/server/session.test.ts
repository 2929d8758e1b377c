import { expect, test } from "vitest";
import { givenServer } from "./server-world.testsuite.ts";

const minuteMs = 60_000;

async function loggedIn() {
  const given = await givenServer();
  const link = await given.server.inject({
    method: "POST",
    url: "/api/v1/login-links",
    headers: { authorization: await given.issue("operate") },
  });
  const { path } = link.json<{ path: string }>();
  const follow = () => given.server.inject({ url: path });
  return { ...given, path, follow };
}

const cookieOf = (answer: { headers: Record<string, unknown> }): string => String(answer.headers["set-cookie"]);

test("a login link works once, and its session opens the page", async () => {
  const { server, follow, logins } = await loggedIn();
  const first = await follow();
  expect(first.statusCode).toBe(302);
  expect(first.headers["location"]).toBe("/");
  const cookie = cookieOf(first);
  expect(cookie).toMatch(/^homeostat_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200$/);
  expect((await follow()).statusCode).toBe(401);
  const page = await server.inject({ url: "/", headers: { cookie: cookie.split(";")[0] ?? "" } });
  expect(page.statusCode).toBe(200);
  expect(page.headers["content-security-policy"]).toContain("script-src 'self'");
  expect((await server.inject({ url: "/" })).statusCode).toBe(401);
  expect(logins).toEqual([
    ["ada", true],
    ["unknown", false],
  ]);
});

test("two who follow one link at the same time do not both get in", async () => {
  const { follow } = await loggedIn();
  const codes = (await Promise.all([follow(), follow(), follow()])).map((a) => a.statusCode);
  expect(codes.toSorted((a, b) => a - b)).toEqual([302, 401, 401]);
});

test("looking at a link with HEAD does not use it up", async () => {
  const { server, path, follow } = await loggedIn();
  await server.inject({ method: "HEAD", url: path });
  expect((await follow()).statusCode).toBe(302);
});

test("a link expires after ten minutes, a session after twelve hours", async () => {
  const late = await loggedIn();
  late.time.nowMs += 10 * minuteMs;
  expect((await late.follow()).statusCode).toBe(401);
  const { server, follow, time } = await loggedIn();
  time.nowMs += 10 * minuteMs - 1;
  const headers = { cookie: cookieOf(await follow()).split(";")[0] ?? "" };
  time.nowMs += 12 * 60 * minuteMs - 1;
  expect((await server.inject({ url: "/api/v1/status", headers })).statusCode).toBe(200);
  time.nowMs += 1;
  expect((await server.inject({ url: "/api/v1/status", headers })).statusCode).toBe(401);
});

test("a session only looks: everything else needs a token", async () => {
  const { server, follow, asked } = await loggedIn();
  const headers = { cookie: cookieOf(await follow()).split(";")[0] ?? "" };
  for (const url of ["/api/v1/status", "/api/v1/incidents", "/metrics", "/api/v1/audit"])
    expect((await server.inject({ url, headers })).statusCode, url).toBe(200);
  asked.length = 0;
  const changes = [
    ["POST", "/api/v1/stops"],
    ["DELETE", "/api/v1/stops/all"],
    ["POST", "/api/v1/tokens"],
    ["POST", `/api/v1/approvals/${"a".repeat(64)}`],
    ["POST", "/api/v1/login-links"],
  ] as const;
  for (const [method, url] of changes)
    expect((await server.inject({ method, url, headers, payload: {} })).statusCode, url).toBe(401);
  expect(asked).toEqual([]);
});

test("a session is no bearer token, a link's code no session, and a wrong token is not made good by a session", async () => {
  const { server, path, follow } = await loggedIn();
  const code = new URL(path, "http://x").searchParams.get("code") ?? "";
  const session = /=([\w-]{43})/.exec(cookieOf(await follow()))?.[1] ?? "";
  const status = async (headers: Record<string, string>) =>
    (await server.inject({ url: "/api/v1/status", headers })).statusCode;
  expect(await status({ authorization: `Bearer ${session}` })).toBe(401);
  expect(await status({ authorization: `Bearer hs_${session}` })).toBe(401);
  expect(await status({ cookie: `homeostat_session=${code}` })).toBe(401);
  expect(await status({ cookie: `homeostat_session=${session}`, authorization: "Bearer hs_x" })).toBe(401);
  expect(await status({ cookie: `x=1; homeostat_session=${session}; y=2` })).toBe(200);
  expect(await status({ cookie: `evil_homeostat_session=${session}` })).toBe(401);
});

test.each(["", "?code=", "?code=x", `?code=${"a".repeat(5_000)}`, "?code=a&code=b", "?code[]=a", "?code=%00"])(
  "/login%s is refused",
  async (query) => {
    const { server } = await givenServer();
    const answer = await server.inject({ url: `/login${query}` });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["set-cookie"]).toBeUndefined();
  },
);

test("strangers cannot fill the audit log with refused logins", async () => {
  const { server, logins, time } = await givenServer();
  for (let i = 0; i < 30; i++) await server.inject({ url: "/login?code=x" });
  expect(logins.length).toBe(10);
  time.nowMs += minuteMs;
  await server.inject({ url: "/login?code=x" });
  expect(logins.length).toBe(11);
});
