import { describe, expect, test } from "vitest";
import { createMetricRed } from "../../../loop/detection/metric-red.ts";
import { cleanText } from "../clean-text.ts";
import { expositionSignals } from "./exposition-signals.ts";
import { parseExposition } from "./parse-exposition.ts";

const nowMs = 1_795_500_000_000;
const clean = cleanText({ redact: (text) => text.replaceAll(/\S+@\S+/g, "[redacted:email]") });
const who = { service: "cart", environment: "prod", instance: "cart-1" };
const read = (lines: string, dialect: "prometheus" | "openmetrics" = "prometheus") => {
  const exposition = parseExposition(`${lines}\n`, dialect);
  if (typeof exposition === "string") throw new Error(exposition);
  return expositionSignals(exposition, { who, nowMs, clean });
};
const histogram = (name: string, labels = "") =>
  [
    `# TYPE ${name} histogram`,
    `${name}_bucket{${labels}le="0.1"} 5`,
    `${name}_bucket{${labels}le="+Inf"} 9`,
    `${name}_bucket{${labels}le="1"} 8`,
    `${name}_sum{${labels}} 4.5`,
    `${name}_count{${labels}} 9`,
  ].join("\n");

describe("what a target exposes, as signals", () => {
  test("gauges and what has no type are gauges", () => {
    const { signals } = read('# TYPE depth gauge\ndepth{q="in"} 3\nplain 4 1795499999000');
    expect(signals).toEqual([
      {
        kind: "metric",
        ...who,
        name: "depth",
        unit: "",
        timeMs: nowMs,
        attributes: { q: "in" },
        value: { type: "gauge", value: 3 },
      },
      {
        kind: "metric",
        ...who,
        name: "plain",
        unit: "",
        timeMs: nowMs - 1_000,
        attributes: {},
        value: { type: "gauge", value: 4 },
      },
    ]);
  });

  test("counters are cumulative, from when the target says they began", () => {
    const counter = { type: "counter", monotonic: true, delta: false };
    const { signals } = read("# TYPE sent_bytes_total counter\nsent_bytes_total 5");
    expect(signals).toMatchObject([
      { name: "sent_bytes_total", unit: "By", value: { ...counter, value: 5, startMs: 0 } },
    ]);
    const open = '# TYPE a counter\na_total{x="1"} 5\na_total{x="2"} 6\na_created{x="2"} 1795499000.5\n# EOF';
    expect(read(open, "openmetrics").signals.map((s) => s.value)).toMatchObject([
      { ...counter, value: 5, startMs: 0 },
      { ...counter, value: 6, startMs: 1_795_499_000_500 },
    ]);
  });

  test("histograms come with what falls between their bounds", () => {
    expect(read(histogram("work_seconds", 'kind="a",')).signals).toEqual([
      {
        kind: "metric",
        ...who,
        name: "work_seconds",
        unit: "s",
        timeMs: nowMs,
        attributes: { kind: "a" },
        value: { type: "histogram", delta: false, startMs: 0, count: 9, sum: 4.5, bounds: [0.1, 1], counts: [5, 3, 1] },
      },
    ]);
  });

  test.each([
    ["its sum", ["_sum{} 4.5", "_sum{} NaN"]],
    ["a count that is not its last bucket", ["_count{} 9", "_count{} 8"]],
    ["buckets that fall", ['le="1"} 8', 'le="1"} 4']],
    ["a bound that is none", ['le="1"', 'le="much"']],
    ["a bound twice", ['le="1"', 'le="0.10"']],
    ["no bucket without end", ['le="+Inf"', 'le="9"']],
    ["a fraction of a request", ['le="0.1"} 5', 'le="0.1"} 4.5']],
  ])("a histogram that contradicts itself by %s is left out whole", (_, [from, to]) => {
    const { signals, rejected, why } = read(histogram("h").replace(from ?? "", to ?? ""));
    expect([signals, rejected]).toEqual([[], 5]);
    expect(why).toMatch(/histogram/);
  });

  test("summaries, and what is no finite number, are left out and counted", () => {
    const { signals, rejected } = read('# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 1\ns_count 1\nx NaN\ny +Inf\nz 1');
    expect(signals.map((s) => s.name)).toEqual(["z"]);
    expect(rejected).toBe(5);
  });

  test("texts are redacted, bounded and on one line, and no label makes it another service", () => {
    const long = "x".repeat(5_000);
    const { signals } = read(`a{service="payment",mail="jo@example.com",n="two\\nlines",l="${long}"} 1`);
    expect(signals[0]).toMatchObject({ service: "cart", environment: "prod", instance: "cart-1" });
    expect(signals[0]?.attributes).toMatchObject({ service: "payment", mail: "[redacted:email]", n: "two lines" });
    expect(signals[0]?.attributes["l"]?.length).toBe(256);
  });

  test.each([
    ["http_server_request_duration_seconds", 'http_response_status_code="503",', true],
    ["http_server_request_duration_seconds", 'error_type="timeout",', true],
    ["http_request_duration_seconds", 'code="200",', false],
    ["http_request_duration_seconds", 'status="5xx",', true],
  ])("the duration of requests is what detection reads: %s{%s}", (name, labels, error) => {
    const red = createMetricRed(10);
    const [signal] = read(histogram(name, labels)).signals;
    if (!signal) throw new Error("no signal");
    expect(red.read(signal, nowMs), "nothing is known of before").toBeUndefined();
    const [later] = read(histogram(name, labels).replaceAll("9", "10").replace("4.5", "4.9")).signals;
    const calls = later && red.read({ ...later, timeMs: nowMs + 5_000 }, nowMs);
    expect(calls).toMatchObject({ count: 1, error });
    expect(calls?.durationSumMs).toBeCloseTo(400);
  });
});
