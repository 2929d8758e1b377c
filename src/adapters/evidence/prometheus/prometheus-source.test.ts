import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noPrometheus, startPrometheus } from "../../../../test/start-prometheus.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { PrometheusServer } from "../../../ports/config.ts";
import { evidenceLimits } from "../../../ports/evidence.ts";
import { evidenceSuite, suiteMetrics } from "../../../ports/evidence.testsuite.ts";
import { prometheusSource } from "./prometheus-source.ts";

const redactor = { redact: (text: string) => text.replaceAll(/\S+@\S+/g, "[redacted:email]") };

describe.skipIf(noPrometheus !== "")(`with a real Prometheus${noPrometheus}`, () => {
  evidenceSuite("prometheus", async () => {
    let looks = 0;
    const real = await startPrometheus(() => suiteMetrics(++looks, Date.now()));
    const source = prometheusSource({ url: real.url, environments: [], maxAgeMs: 4_000 }, redactor);
    return { source, stop: () => real.stop() };
  });
});

describe("with a server that is none, or not well", () => {
  let server: Server;
  let answer: RequestListener;
  let seen: IncomingMessage[];
  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      seen.push(request);
      answer(request, response);
    });
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    delete process.env["TEST_PROMETHEUS_SECRET"];
  });

  const urlOf = (path = ""): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const ask = (over: Partial<PrometheusServer> = {}) =>
    prometheusSource({ url: urlOf(), environments: [], maxAgeMs: 60_000, ...over }, redactor).at("up", 1_000);
  const failure = async (over: Partial<PrometheusServer> = {}): Promise<AdapterError> => {
    const error: unknown = await ask(over).catch((e: unknown) => e);
    if (!(error instanceof AdapterError)) throw new Error("it did not fail as adapters do", { cause: error });
    return error;
  };
  const body =
    (text: string, status = 200): RequestListener =>
    (_, response) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(text);
  const good = (result: unknown, more: object = {}) =>
    body(JSON.stringify({ status: "success", data: { resultType: "vector", result }, ...more }));

  test.each([
    [400, "bad-query", false],
    [401, "unauthorised", false],
    [403, "unauthorised", false],
    [404, "malformed", false],
    [422, "bad-query", false],
    [429, "busy", true],
    [500, "failed", true],
    [502, "failed", true],
    [503, "busy", true],
  ])("%i is %s", async (status, code, retryable) => {
    answer = body(JSON.stringify({ status: "error", errorType: "x", error: "it\nbroke for jo@example.com" }), status);
    const error = await failure();
    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toMatch(/^answered \d+: it broke for \[redacted/);
  });

  test.each([
    ["a page", "<html>hello</html>"],
    ["nothing", ""],
    ["JSON cut short", '{"status":"success","data":{"resultType":"vec'],
    ["JSON of something else", '{"version": 1}'],
    [
      "a matrix of nonsense",
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[["a",1]]}]}}',
    ],
    ["an error that came as good", '{"status":"error","error":"no"}'],
  ])("%s is malformed, for good", async (_, text) => {
    answer = body(text);
    expect(await failure()).toMatchObject({ code: "malformed", retryable: false });
  });

  test("a redirect is not followed, and the secret stays", async () => {
    process.env["TEST_PROMETHEUS_SECRET"] = "s3cret-token";
    answer = (_, response) => void response.writeHead(307, { location: urlOf("/elsewhere") }).end();
    const error = await failure({ auth: { bearer: "env:TEST_PROMETHEUS_SECRET" } });
    expect(error).toMatchObject({ code: "redirected", retryable: false });
    expect(seen).toHaveLength(1);
  });

  test("an answer without end is cut off", async () => {
    answer = (_, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536, 32))) if (response.destroyed) return;
        response.once("drain", more);
      };
      response.writeHead(200);
      more();
    };
    expect(await failure()).toMatchObject({ code: "too-much", retryable: false });
  });

  test("a server that takes for ever is given up on", { timeout: 20_000 }, async () => {
    answer = () => undefined;
    expect(await failure()).toMatchObject({ code: "timeout", retryable: true });
  });

  test("a server that is not there, or breaks off, is unreachable for now", async () => {
    answer = (request) => void request.socket.destroy();
    expect(await failure()).toMatchObject({ code: "unreachable", retryable: true });
    expect(await failure({ url: "http://127.0.0.1:1" })).toMatchObject({ code: "unreachable", retryable: true });
  });

  test("secrets are read from where they are for each request, and never shown (K5)", async () => {
    answer = good([]);
    const auth = { bearer: "env:TEST_PROMETHEUS_SECRET" };
    expect(await failure({ auth })).toMatchObject({ code: "no-secret", retryable: true });
    process.env["TEST_PROMETHEUS_SECRET"] = "first";
    await ask({ auth });
    process.env["TEST_PROMETHEUS_SECRET"] = "jo:second";
    await ask({ auth: { basic: "env:TEST_PROMETHEUS_SECRET" } });
    expect(seen.map((r) => r.headers.authorization)).toEqual(["Bearer first", `Basic ${btoa("jo:second")}`]);
    process.env["TEST_PROMETHEUS_SECRET"] = "two\nlines";
    const error = await failure({ auth });
    expect(error.code).toBe("no-secret");
    expect(error.message).not.toContain("lines");
  });

  test("a path and a query of the address stay, and no query of ours is in it", async () => {
    answer = good([]);
    await ask({ url: urlOf("/monitoring/?tenant=a") });
    expect(seen.map((r) => `${r.method} ${r.url}`)).toEqual(["POST /monitoring/api/v1/query?tenant=a"]);
  });

  test("warnings are kept, a few, on one line each", async () => {
    answer = good([{ metric: {}, value: [1, "1"] }], { warnings: Array.from({ length: 50 }, (_, i) => `part\n${i}`) });
    const { warnings, series } = await ask();
    expect(warnings).toEqual([0, 1, 2, 3, 4].map((i) => `part ${i}`));
    expect(series).toHaveLength(1);
  });

  test("a sample that is a histogram, or a text, is unknown", async () => {
    const series = [
      { metric: { a: "1" }, histogram: [1, { count: "1" }] },
      { metric: { a: "2" }, value: [1, ""] },
      { metric: { a: "3" }, value: [1, "2"] },
    ];
    answer = good(series);
    expect(await ask()).toMatchObject({ unknown: 2, series: [{ labels: { a: "3" } }] });
  });

  test("as many series as are allowed are taken, and no more", async () => {
    const many = (n: number) => good(Array.from({ length: n }, (_, i) => ({ metric: { i: `${i}` }, value: [1, "1"] })));
    answer = many(evidenceLimits.seriesMax);
    expect((await ask()).series).toHaveLength(evidenceLimits.seriesMax);
    answer = many(evidenceLimits.seriesMax + 1);
    expect(await failure()).toMatchObject({ code: "too-much" });
  });
});
