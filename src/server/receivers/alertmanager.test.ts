import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { alertmanagerRoute } from "./alertmanager.ts";
import { nowMs, receiverWorld } from "./receiver-world.testsuite.ts";

type Notification = { alerts: Record<string, unknown>[]; truncatedAlerts?: number; version: string };
const captured = (name: "firing" | "resolved"): Notification =>
  JSON.parse(readFileSync(new URL(`fixtures/alertmanager-${name}.json`, import.meta.url), "utf8")).b;

const url = "/v1/alerts/alertmanager";
const json = { "content-type": "application/json" };
const world = () => receiverWorld(alertmanagerRoute);
const withAlert = (change: Record<string, unknown>): string => {
  const firing = captured("firing");
  return JSON.stringify({ ...firing, alerts: firing.alerts.map((alert) => ({ ...alert, ...change })) });
};

test("a captured firing and resolved notification become one item per state", async () => {
  const w = world();
  const firing = await w.post(url, JSON.stringify(captured("firing")), json);
  expect(firing.statusCode).toBe(200);
  expect(firing.json()).toEqual({ accepted: 1, truncatedAlerts: 0 });
  await w.post(url, JSON.stringify(captured("resolved")), json);
  expect(w.control.map(({ id }) => id)).toEqual([
    "alert/b731215bc5b24e2e/firing/2026-11-23T16:48:19.994Z",
    "alert/b731215bc5b24e2e/resolved/2026-11-23T16:48:19.994Z/2026-11-23T17:38:32.994Z",
  ]);
  expect(w.control[0]?.signal).toMatchObject({
    kind: "alert",
    name: "ServiceDown",
    status: "firing",
    service: "checkout",
    environment: "prod",
    severity: "critical",
    startsAtMs: Date.parse("2026-11-23T16:48:19.994Z"),
    annotations: { summary: "checkout at 127.0.0.1:18081 is down" },
  });
  expect(w.control[0]?.signal).not.toHaveProperty("endsAtMs");
  expect(w.control[1]?.signal).toMatchObject({ status: "resolved", endsAtMs: Date.parse("2026-11-23T17:38:32.994Z") });
});

test("a notification sent again has the same ids, also when a firing alert's end moved", async () => {
  const w = world();
  await w.post(url, withAlert({}), json);
  await w.post(url, withAlert({ endsAt: "2026-11-23T17:00:00Z" }), json);
  expect(w.control[0]?.id).toBe(w.control[1]?.id);
});

test("it is answered 503 and nothing else when the alerts could not be kept", async () => {
  const w = world();
  w.state.broken = true;
  const answer = await w.post(url, withAlert({}), json);
  expect(answer.statusCode).toBe(503);
  expect(answer.headers["retry-after"]).toBe("5");
  expect(answer.body).not.toContain("database");
});

test("alerts that Alertmanager left out are counted and told", async () => {
  const w = world();
  const answer = await w.post(url, JSON.stringify({ ...captured("firing"), truncatedAlerts: 7 }), json);
  expect(answer.json()).toEqual({ accepted: 1, truncatedAlerts: 7 });
  expect(w.counted.get("alertmanager_alerts_truncated")).toBe(7);
});

test.each([
  [{ job: "cart" }, "cart", ""],
  [{ service_name: "cart", job: "kubernetes-pods", environment: "staging", env: "x" }, "cart", "staging"],
  [{ service: "cart", service_name: "no" }, "cart", ""],
  [{ alertname: "Watchdog" }, "", ""],
])("labels %j name service `%s` and environment `%s`", async (labels, service, environment) => {
  const w = world();
  await w.post(url, withAlert({ labels }), json);
  expect(w.control[0]?.signal).toMatchObject({ service, environment });
});

test("labels and annotations are redacted and bounded", async () => {
  const w = world();
  await w.post(
    url,
    withAlert({ annotations: { summary: "mail ada@example.org", description: "x".repeat(5_000) } }),
    json,
  );
  const signal = w.control[0]?.signal;
  expect(signal).toMatchObject({
    annotations: { summary: "mail [redacted:test]", description: `${"x".repeat(1_023)}…` },
  });
});

test("labels stay on one line, annotations keep their lines", async () => {
  const w = world();
  const forged = "cart\n2026-01-01 resolved";
  await w.post(
    url,
    withAlert({ labels: { service: forged, alertname: "a\u202eb" }, annotations: { d: "a\nb\u001b" } }),
    json,
  );
  expect(w.control[0]?.signal).toMatchObject({
    service: "cart 2026-01-01 resolved",
    name: "a\ufffdb",
    annotations: { d: "a\nb\ufffd" },
  });
});

const hourMs = 3_600_000;
test.each([
  ["2999-01-01T00:00:00Z", nowMs, 1, 0],
  ["2026-11-23T18:04:00Z", nowMs, 0, 0],
  ["2026-11-23T17:00:00Z", nowMs - hourMs, 0, 0],
  ["1970-01-01T00:00:00Z", nowMs - 24 * hourMs, 0, 1],
  ["0001-01-01T00:00:00Z", nowMs - 24 * hourMs, 0, 1],
])("a start at %s neither is lost nor draws an incident's window out of bounds", async (startsAt, at, ahead, old) => {
  const w = world();
  expect((await w.post(url, withAlert({ startsAt }), json)).json()).toMatchObject({ accepted: 1 });
  expect(w.control).toMatchObject([{ signal: { startsAtMs: at } }]);
  expect([w.counted.get("control_times_ahead") ?? 0, w.counted.get("control_onsets_old") ?? 0]).toEqual([ahead, old]);
});

test("an end in the future does not keep an incident from being quiet", async () => {
  const w = world();
  const times = { status: "resolved", startsAt: "2999-01-01T00:00:00Z", endsAt: "2999-01-02T00:00:00Z" };
  await w.post(url, withAlert(times), json);
  expect(w.control).toMatchObject([{ signal: { startsAtMs: nowMs, endsAtMs: nowMs } }]);
  expect(w.counted.get("control_times_ahead")).toBe(2);
});

test.each([
  ["alerts[0].startsAt", { startsAt: "yesterday" }],
  ["alerts[0].startsAt", { startsAt: `2026-11-23T16:00:00.${"0".repeat(5_000)}Z` }],
  ["alerts[0].status", { status: "suppressed" }],
  ["alerts[0].fingerprint", { fingerprint: "../../x" }],
  ["alerts[0].labels.severity", { labels: { severity: 3 } }],
])("a wrong `%s` is 400 and located, and no other alert is taken", async (path, change) => {
  const w = world();
  const good = captured("firing");
  const answer = await w.post(
    url,
    JSON.stringify({ ...good, alerts: [{ ...good.alerts[0], ...change }, ...good.alerts] }),
    json,
  );
  expect(answer.statusCode).toBe(400);
  expect(answer.json().errors).toMatchObject([{ path }]);
  expect(w.control).toEqual([]);
});

test("another version, no JSON and another type are refused", async () => {
  const w = world();
  const old = await w.post(url, JSON.stringify({ ...captured("firing"), version: "3" }), json);
  expect(old.json().errors).toMatchObject([{ path: "version" }]);
  expect((await w.post(url, "{", json)).statusCode).toBe(400);
  expect((await w.post(url, "{}", { "content-type": "text/plain" })).statusCode).toBe(415);
  expect((await w.post(url, undefined)).statusCode).toBe(415);
  expect((await w.post(url, "{}", { ...json, authorization: undefined })).statusCode).toBe(401);
  expect((await w.post(url, "{}", { ...json, authorization: `Bearer ${w.readerToken}` })).statusCode).toBe(403);
});
