import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { PrometheusServer } from "../ports/config.ts";
import { createMetricsStores } from "./metrics-stores.ts";

let status = 200;
const good = JSON.stringify({ status: "success", data: { resultType: "scalar", result: [1, "1"] } });
const server = createServer((_, response) => void response.writeHead(status).end(status === 200 ? good : "{}"));
afterEach(() => void server.close());

const stores = (servers: () => readonly PrometheusServer[]) =>
  createMetricsStores({ servers, redactor: { redact: (text) => text }, clock: { nowMs: () => 1_000 } });

test("a server is named in the status while it does not answer, and a query it refuses says nothing of it", async () => {
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const spec: PrometheusServer = { url: `http://${host}/?token=s3cret`, environments: ["prod"], maxAgeMs: 60_000 };
  let servers = [spec];
  const { look, of, status: told } = stores(() => servers);
  await look();
  expect(told()).toEqual([{ name: "metrics stores", state: "ok", detail: `Prometheus at ${host}` }]);
  status = 503;
  await look();
  expect(told()).toMatchObject([{ state: "degraded", detail: `Prometheus at ${host}: busy: answered 503` }]);
  status = 400;
  await expect(of("prod")?.at("up", 1_000)).rejects.toThrow("answered 400");
  expect(told()).toMatchObject([{ state: "ok" }]);
  status = 401;
  await look();
  expect(told()).toMatchObject([{ state: "degraded", detail: expect.stringContaining("unauthorised") }]);
  servers = [];
  expect(told(), "one that is no longer named is no trouble").toEqual([]);
});

test("an environment's own server comes before the one for all others", () => {
  const one = (url: string, environments: string[]) => ({ url, environments, maxAgeMs: 1_000 });
  const both = [one("http://all:1", []), one("http://prod:1/x/", ["prod"])];
  const { of } = stores(() => both);
  expect([of("prod")?.name, of("test")?.name]).toEqual(["Prometheus at prod:1/x", "Prometheus at all:1"]);
  expect(stores(() => [one("http://prod:1", ["prod"])]).of("test")).toBeUndefined();
  expect(of("prod"), "it is kept").toBe(of("prod"));
});
