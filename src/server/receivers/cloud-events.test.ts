import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { cloudEventsRoute } from "./cloud-events.ts";
import { nowMs, receiverWorld } from "./receiver-world.testsuite.ts";

const url = "/v1/events";
const structured = { "content-type": "application/cloudevents+json" };
const batch = { "content-type": "application/cloudevents-batch+json; charset=utf-8" };
const world = () => receiverWorld(cloudEventsRoute);

const release = {
  specversion: "1.0",
  type: "dev.homeostat.change.release",
  source: "/ci/shop",
  id: "42",
  time: "2026-01-02T03:04:05Z",
  data: { service: "cart", environment: "prod", from: "1.0.0", to: "1.1.0", actor: "ada@example.org" },
};
const expected = {
  kind: "change",
  id: "/ci/shop 42",
  change: "release",
  service: "cart",
  environment: "prod",
  from: "1.0.0",
  to: "1.1.0",
  actor: "[redacted:test]",
  timeMs: Date.parse("2026-01-02T03:04:05Z"),
  source: "event",
};

test("structured, batch and binary mode carry the same change", async () => {
  const w = world();
  const { data, ...attributes } = release;
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
  const answers = [
    await w.post(url, JSON.stringify(release), structured),
    await w.post(url, gzipSync(JSON.stringify([release])), { ...batch, "content-encoding": "gzip" }),
    await w.post(url, JSON.stringify(data), { "content-type": "application/json", ...headers }),
    await w.post(
      url,
      JSON.stringify({ ...attributes, data_base64: Buffer.from(JSON.stringify(data)).toString("base64") }),
      structured,
    ),
  ];
  expect(answers.map((a) => a.statusCode)).toEqual([202, 202, 202, 202]);
  expect(answers[0]?.json()).toEqual({ accepted: 1, ignored: [] });
  expect(w.control).toEqual(Array.from({ length: 4 }, () => ({ id: expected.id, signal: expected })));
});

test("binary headers are percent-decoded and unquoted", async () => {
  const w = world();
  const headers = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-type": release.type,
    "ce-source": '"/ci/caf%C3%A9 \\"x\\""',
    "ce-id": "a%20b",
  };
  const answer = await w.post(url, JSON.stringify(release.data), headers);
  expect(answer.statusCode).toBe(202);
  expect(w.control[0]).toMatchObject({ id: '/ci/café "x" a b', signal: { timeMs: nowMs } });
  const bad = await w.post(url, "{}", { ...headers, "ce-id": "%E0%A4%A" });
  expect(bad.statusCode).toBe(400);
  expect(bad.json().message).toContain("`ce-id`");
});

test.each(["config", "flag", "scale", "infrastructure"])(
  "a %s change is taken with its subject and its own time",
  async (kind) => {
    const w = world();
    const data = {
      service: "cart",
      environment: "prod",
      subject: "new-checkout",
      instance: "cart-1",
      at: "2026-01-01T00:00:00+02:00",
    };
    await w.post(url, JSON.stringify({ ...release, type: `dev.homeostat.change.${kind}`, data }), structured);
    expect(w.control[0]?.signal).toMatchObject({
      change: kind,
      subject: "new-checkout",
      instance: "cart-1",
      timeMs: Date.parse("2025-12-31T22:00:00Z"),
    });
  },
);

test.each([
  ["2999-01-01T00:00:00Z", nowMs, 1],
  ["2026-11-23T18:04:00Z", nowMs, undefined],
  ["1970-01-01T00:00:00Z", 0, undefined],
])("a change said to be of %s is kept, never later than now", async (time, timeMs, counted) => {
  const w = world();
  await w.post(url, JSON.stringify({ ...release, time }), structured);
  await w.post(url, JSON.stringify({ ...release, data: { ...release.data, at: time } }), structured);
  expect(w.control.map(({ signal }) => signal)).toMatchObject([{ timeMs }, { timeMs }]);
  expect(w.counted.get("control_times_ahead")).toBe(counted === undefined ? undefined : 2 * counted);
});

const cdEvent = (kind: string, content: object) => ({
  ...release,
  type: `dev.cdevents.service.${kind}.0.2.0`,
  data: { context: { version: "0.4.1" }, subject: { id: "cart", source: "/k8s", type: "service", content } },
});

test.each([
  [
    "deployed",
    { environment: { id: "prod" }, artifactId: "pkg:oci/cart@sha256%3A0b31?repository_url=x" },
    "sha256:0b31",
  ],
  ["upgraded", { environment: { id: "prod" }, artifactId: "pkg:npm/%40shop/cart@1.2.0" }, "1.2.0"],
  ["rolledback", { environment: { id: "prod" }, artifactId: "cart-1.1" }, "cart-1.1"],
  ["published", { environment: { id: "prod" } }, undefined],
])("CDEvents service %s is a release", async (kind, content, to) => {
  const w = world();
  await w.post(url, JSON.stringify(cdEvent(kind, content)), structured);
  expect(w.control).toMatchObject([{ signal: { change: "release", service: "cart", environment: "prod" } }]);
  const { signal } = w.control[0] ?? {};
  expect(signal?.kind === "change" ? signal.to : "no change").toBe(to);
});

test("events of other kinds are ignored, told and counted, and do not cost a batch its changes", async () => {
  const w = world();
  const other = { ...release, id: "43", type: "com.github.push", data: undefined };
  const answer = await w.post(url, JSON.stringify([other, release]), batch);
  expect(answer.statusCode).toBe(202);
  expect(answer.json()).toEqual({ accepted: 1, ignored: [{ id: "43", type: "com.github.push" }] });
  expect(w.counted.get("cloudevents_ignored")).toBe(1);
});

test("a misspelt type of our own is 422 with what is understood", async () => {
  const answer = await world().post(
    url,
    JSON.stringify({ ...release, type: "dev.homeostat.change.relese" }),
    structured,
  );
  expect(answer.statusCode).toBe(422);
  expect(answer.json().errors[0]).toMatchObject({
    path: "type",
    message: expect.stringContaining("`dev.homeostat.change.release`"),
  });
});

test.each([
  ["[1].id", { id: "" }],
  ["[1].specversion", { specversion: "0.3" }],
  ["[1].time", { time: "now" }],
  ["[1].data.environment", { data: { service: "cart" } }],
  ["[1].data", { data: { ...release.data, form: "1.0.0" } }],
  ["[1].data", { data: undefined }],
  ["[1].datacontenttype", { datacontenttype: "application/xml" }],
])("a batch with a wrong `%s` is refused whole, with where", async (path, change) => {
  const w = world();
  const answer = await w.post(url, JSON.stringify([release, { ...release, ...change }]), batch);
  expect(answer.statusCode).toBe(400);
  expect(answer.json().errors).toMatchObject([{ path }]);
  expect(w.control).toEqual([]);
});

test("an event whose id is redacted keeps an id of its own", async () => {
  const w = world();
  for (const id of ["ada@example.org", "bob@example.org"])
    await w.post(url, JSON.stringify({ ...release, id }), structured);
  const ids = w.control.map((item) => item.id);
  expect(new Set(ids).size).toBe(2);
  expect(ids.join()).not.toContain("@");
});

test("an id as long as may be stays one that a store can look up by, and its own", async () => {
  const w = world();
  for (const end of ["a", "b"])
    await w.post(
      url,
      JSON.stringify({ ...release, source: "变".repeat(1_024), id: `${"更".repeat(1_023)}${end}` }),
      structured,
    );
  const ids = w.control.map((item) => item.id);
  expect(new Set(ids).size).toBe(2);
  expect(ids.every((id) => Buffer.byteLength(id) < 1_024)).toBe(true);
});

test("names of one line stay on one line", async () => {
  const w = world();
  const data = { service: "cart\nall is well", environment: "prod\u202e", to: "1\u001b[2J", actor: "ada\r\n" };
  await w.post(url, JSON.stringify({ ...release, data }), structured);
  expect(w.control[0]?.signal).toMatchObject({
    service: "cart all is well",
    environment: "prod\ufffd",
    to: "1\ufffd[2J",
    actor: "ada  ",
  });
});

test("the answer waits until the changes are kept, and is 503 when they are not", async () => {
  const w = world();
  w.state.broken = true;
  expect((await w.post(url, JSON.stringify(release), structured)).statusCode).toBe(503);
});

test("no events, wrong types and strangers are refused", async () => {
  const w = world();
  expect((await w.post(url, "[]", batch)).json()).toEqual({ accepted: 0, ignored: [] });
  expect((await w.post(url, "{}", { "content-type": "application/json" })).json().message).toContain("ce-specversion");
  expect((await w.post(url, "<x/>", { "content-type": "application/xml" })).statusCode).toBe(415);
  expect((await w.post(url, JSON.stringify(Array.from({ length: 1_001 }, () => release)), batch)).statusCode).toBe(400);
  expect((await w.post(url, "{}", { ...structured, authorization: undefined })).statusCode).toBe(401);
});
