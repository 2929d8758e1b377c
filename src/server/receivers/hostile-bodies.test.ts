import { expect, test } from "vitest";
import { alertmanagerRoute } from "./alertmanager.ts";
import { cloudEventsRoute } from "./cloud-events.ts";
import { otlpRoutes } from "./otlp-routes.ts";
import { receiverWorld } from "./receiver-world.testsuite.ts";

const json = { "content-type": "application/json" };
const levels = 500_000;
const deep = `${"[".repeat(levels)}${"]".repeat(levels)}`;
const alert = (labels: string): string =>
  `{"version":"4","groupKey":"","status":"firing","alerts":[{"status":"firing","labels":${labels},"annotations":{},` +
  `"startsAt":"2026-11-23T16:00:00Z","fingerprint":"a"}]}`;
const event = (data: string): string =>
  `{"specversion":"1.0","id":"1","source":"s","type":"dev.homeostat.change.release","data":${data}}`;
const keys = (value: string): string => `{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":${value}`).join(",")}}`;

test.each([
  ["nested without end", deep],
  ["with a label nested without end", alert(`{"service":${deep}}`)],
  ["with hundreds of thousands of wrong labels", alert(keys("1"))],
  ["with hundreds of thousands of labels", alert(keys('"1"'))],
  ["with a wrong label of an endless name", alert(`{"${"k".repeat(1_000_000)}":1}`)],
  ["with a count beyond numbers", alert("{}").replace("{", '{"truncatedAlerts":1e400,')],
  ["that is not UTF-8", Buffer.from([0x7b, 0xff, 0xfe])],
])(
  "a notification %s is the sender's mistake, answered in few words, and nothing of it is taken",
  async (_what, body) => {
    const w = receiverWorld(alertmanagerRoute);
    const answer = await w.post("/v1/alerts/alertmanager", body, json);
    expect(answer.statusCode).toBe(400);
    expect(answer.body.length).toBeLessThan(10_000);
    expect(w.control).toEqual([]);
  },
);

test.each([
  ["nested without end", event(deep)],
  ["with a service nested without end", event(`{"service":${deep},"environment":"e"}`)],
  ["with hundreds of thousands of unknown members", event(keys("1"))],
  ["of a version that is a number", event("{}").replace('"1.0"', "1.0")],
])("an event %s is refused whole, in few words", async (_what, body) => {
  const w = receiverWorld(cloudEventsRoute);
  const batch = { "content-type": "application/cloudevents-batch+json" };
  const good = event('{"service":"cart","environment":"prod"}');
  const answer = await w.post("/v1/events", `[${good},${body}]`, batch);
  expect(answer.statusCode).toBe(400);
  expect(answer.body.length).toBeLessThan(10_000);
  expect(w.control).toEqual([]);
});

test.each(["traces", "metrics", "logs"])("OTLP %s nested without end are refused", async (signal) => {
  const answer = await receiverWorld(otlpRoutes).post(`/v1/${signal}`, deep, json);
  expect([answer.statusCode, answer.json().message]).toEqual([400, "$ is not an object"]);
});

test("an OTLP value nested without end shows null where it gets too deep", async () => {
  const w = receiverWorld(otlpRoutes);
  const value = `${'{"arrayValue":{"values":['.repeat(50_000)}{"intValue":1}${"]}}".repeat(50_000)}`;
  const logs = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${value}}]}]}]}`;
  expect((await w.post("/v1/logs", logs, json)).statusCode).toBe(200);
  expect(w.telemetry).toMatchObject([{ body: `${"[".repeat(16)}null${"]".repeat(16)}` }]);
});
