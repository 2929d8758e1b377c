import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noPrometheus, startPrometheus } from "../../../test/start-prometheus.ts";
import type { MetricSignal, TelemetrySignal } from "../../loop/signal/signal.ts";
import { cleanText } from "./clean-text.ts";
import { bodyLimits } from "./http-body.ts";
import { scrapeTarget, type TargetToScrape } from "./scrape-target.ts";

const nowMs = 1_795_500_000_000;
const who = { service: "cart", environment: "prod", instance: "cart-1" };
let taken: TelemetrySignal[] = [];
let room = Infinity;
const world = {
  intake: {
    telemetry(signals: readonly TelemetrySignal[]) {
      const kept = signals.slice(0, room);
      taken.push(...kept);
      return { dropped: signals.length - kept.length, why: kept.length < signals.length ? "the queue is full" : "" };
    },
  },
  clean: cleanText({ redact: (text) => text.replaceAll(/\S+@\S+/g, "[redacted:email]") }),
  stopped: new AbortController().signal,
};
const metrics = (): MetricSignal[] => taken.filter((s) => s.kind === "metric");
const valuesOf = () => metrics().map((m) => [m.name, m.value.type === "histogram" ? m.value.count : m.value.value]);

beforeEach(() => {
  taken = [];
  room = Infinity;
});

describe("with a target that may be anything", () => {
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
    delete process.env["TEST_SCRAPE_SECRET"];
  });
  const scrape = (over: Partial<TargetToScrape> = {}) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    return scrapeTarget({ who, url, timeoutMs: 2_000, ...over }, nowMs, world);
  };
  const body =
    (text: string | Buffer, headers: Record<string, string> = {}, status = 200): RequestListener =>
    (_, response) =>
      void response.writeHead(status, headers).end(text);
  const failed = async (over: Partial<TargetToScrape> = {}): Promise<string> => {
    const outcome = await scrape(over);
    expect(valuesOf(), "nothing but that it is down").toEqual([["up", 0]]);
    expect(outcome).toMatchObject({ up: false, taken: 0 });
    return outcome.why;
  };

  test("hands over what it exposes, and that it is up", async () => {
    answer = body("depth 3\n# TYPE a_total counter\na_total 4\nnot a sample at all\n");
    expect(await scrape()).toEqual({ up: true, taken: 2, rejected: 1, dropped: 0, why: "a line that is no sample" });
    expect(valuesOf()).toEqual([
      ["depth", 3],
      ["a_total", 4],
      ["up", 1],
    ]);
    expect(metrics()[0]).toMatchObject({ ...who, timeMs: nowMs });
    expect(seen[0]?.headers.accept).toContain("application/openmetrics-text");
  });

  test("reads OpenMetrics where that is what comes, and refuses it cut short", async () => {
    const headers = { "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8" };
    answer = body("# TYPE a counter\na_total 4 1795499999.5\n# EOF\n", headers);
    expect((await scrape()).up).toBe(true);
    expect(metrics()[0]).toMatchObject({ name: "a", timeMs: nowMs - 500 });
    taken = [];
    answer = body("# TYPE a counter\na_total 4\n", headers);
    expect(await failed()).toMatch(/cut short/);
  });

  test("what is more than there is room for is told", async () => {
    room = 1;
    answer = body("a 1\nb 2\n");
    expect(await scrape()).toMatchObject({ up: true, dropped: 2, why: "the queue is full" });
  });

  test("compressed answers are read, and bounded as they are unpacked", async () => {
    answer = body(gzipSync("depth 3\n"), { "content-encoding": "gzip" });
    expect((await scrape()).up).toBe(true);
    taken = [];
    answer = body(gzipSync(Buffer.alloc(bodyLimits.plainBytesMax + 1, 10)), { "content-encoding": "gzip" });
    expect(await failed({ timeoutMs: 20_000 })).toMatch(/larger than 16777216 bytes/);
  });

  test.each([
    ["an error", body("depth 3\n", {}, 500), /^it answers 500$/],
    ["a redirect", body("", { location: "http://127.0.0.1:1/metrics" }, 302), /^it answers 302$/],
    ["a page", body("<html>\n<p>hello</p>\n</html>\n"), /^what it answers is no metrics$/],
    ["an answer that breaks off", body("depth 3\n", { "content-length": "100" }), /.+/],
    ["gzip that is none", body("depth 3\n", { "content-encoding": "gzip" }), /.+/],
    ["nobody", (request: IncomingMessage) => void request.socket.destroy(), /.+/],
  ])("%s is not up", async (_, listener, why) => {
    answer = listener;
    expect(await failed()).toMatch(why);
  });

  test("one that takes for ever is given up on, and one under way ends when Homeostat does", async () => {
    answer = () => undefined;
    expect(await failed({ timeoutMs: 100 })).toBe("no answer within 100 ms");
    const stop = new AbortController();
    const target = { who, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, timeoutMs: 60_000 };
    const outcome = scrapeTarget(target, nowMs, { ...world, stopped: stop.signal });
    setTimeout(() => stop.abort(), 50);
    expect((await outcome).up).toBe(false);
  });

  test("a secret is shown to the target and to nobody else (K5)", async () => {
    answer = body("a 1\n");
    expect(await failed({ auth: { bearer: "env:TEST_SCRAPE_SECRET" } })).toBe(
      "the secret `env:TEST_SCRAPE_SECRET` is not there",
    );
    process.env["TEST_SCRAPE_SECRET"] = "s3cret";
    taken = [];
    expect((await scrape({ auth: { bearer: "env:TEST_SCRAPE_SECRET" } })).up).toBe(true);
    expect(seen.map((r) => r.headers.authorization)).toEqual(["Bearer s3cret"]);
  });

  test("nothing at all is up: a service may have nothing to say yet", async () => {
    answer = body("");
    expect(await scrape()).toMatchObject({ up: true, taken: 0 });
  });
});

test.skipIf(noPrometheus !== "")(`a real exporter's own metrics are read without loss${noPrometheus}`, async () => {
  const real = await startPrometheus(() => "up_to_here 1\n");
  try {
    const outcome = await scrapeTarget({ who, url: `${real.url}/metrics`, timeoutMs: 5_000 }, Date.now(), world);
    expect(outcome).toMatchObject({ up: true, dropped: 0 });
    expect(outcome.taken).toBeGreaterThan(100);
    const text = await (await fetch(`${real.url}/metrics`)).text();
    const summaries = [...text.matchAll(/^# TYPE (\S+) summary$/gm)].map((m) => m[1] ?? "");
    const left = text.split("\n").filter((l) => summaries.some((s) => new RegExp(`^${s}(_sum|_count)?[{ ]`).test(l)));
    expect(outcome.rejected, outcome.why).toBe(left.length);
    expect(new Set(metrics().map((m) => m.value.type))).toEqual(new Set(["counter", "gauge", "histogram"]));
    expect(metrics().find((m) => m.name === "prometheus_http_request_duration_seconds")?.value).toMatchObject({
      delta: false,
    });
  } finally {
    await real.stop();
  }
});
