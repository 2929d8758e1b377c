import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { metricsText } from "../../metrics.ts";
import { expositionLimits, parseExposition, type Exposition } from "./parse-exposition.ts";
import { lineLimits, parseSample, type Dialect, type ExposedSample } from "./sample-line.ts";

const parsed = (text: string, dialect: Dialect = "prometheus"): Exposition => {
  const read = parseExposition(text, dialect);
  if (typeof read === "string") throw new Error(read);
  return read;
};
const samplesOf = ({ families }: Exposition): ExposedSample[] => families.flatMap((f) => f.samples);

describe("a sample's line", () => {
  test.each([
    ["up 1", { name: "up", labels: [], value: 1 }],
    ["up\t 1.5e3 \t", { name: "up", labels: [], value: 1_500 }],
    ["up{} -0.5", { name: "up", labels: [], value: -0.5 }],
    ['a:b_c{d="e"} .5', { name: "a:b_c", labels: [["d", "e"]], value: 0.5 }],
    [
      'x { a = "1" , b = "2", } 3 1700000000123',
      {
        name: "x",
        labels: [
          ["a", "1"],
          ["b", "2"],
        ],
        value: 3,
        timeMs: 1_700_000_000_123,
      },
    ],
    [String.raw`x{p="C:\\dir\n\"q\" \d"} 1`, { name: "x", labels: [["p", 'C:\\dir\n"q" \\d']], value: 1 }],
    ['x{p="a } , = # b"} 1', { name: "x", labels: [["p", "a } , = # b"]], value: 1 }],
    ['x{p="häß ☃ 🙂"} 1', { name: "x", labels: [["p", "häß ☃ 🙂"]], value: 1 }],
    [
      '{"http.server.duration","http.route"="/a"} 1',
      { name: "http.server.duration", labels: [["http.route", "/a"]], value: 1 },
    ],
    ["x NaN", { name: "x", labels: [], value: Number.NaN }],
    ["x +Inf", { name: "x", labels: [], value: Infinity }],
    ["x -inf", { name: "x", labels: [], value: -Infinity }],
    ['x_bucket{le="1"} 5 # {trace_id="a"} 0.7 1.5', { name: "x_bucket", labels: [["le", "1"]], value: 5 }],
  ])("`%s`", (line, sample) => expect(parseSample(line, "prometheus")).toEqual(sample));

  test.each([
    "up",
    "up ",
    "1 up",
    "up1",
    "up one",
    "up 0x10",
    "up 1_000",
    "up 1 soon",
    "up 1 1.5",
    "up 1 2 3",
    "up{ 1",
    'up{a="b" 1',
    'up{a="b} 1',
    "up{a=b} 1",
    'up{="b"} 1',
    'up{a="b",,c="d"} 1',
    'up{a="b" c="d"} 1',
    'up{a="b",a="c"} 1',
    'up{"other"} 1',
    '{"a","b"} 1',
    '{a="b"} 1',
    "{} 1",
    'up{a="b"}',
    "<html>",
    `up ${"1".repeat(lineLimits.unitsMax)}`,
    `up{${Array.from({ length: lineLimits.labelsMax + 1 }, (_, i) => `l${i}="x"`).join(",")}} 1`,
  ])("`%s` is none", (line) => expect(parseSample(line, "prometheus")).toBeUndefined());

  test("times are milliseconds in one dialect and seconds in the other", () => {
    expect(parseSample("up 1 1700000000", "prometheus")?.timeMs).toBe(1_700_000_000);
    expect(parseSample("up 1 1700000000.5", "openmetrics")?.timeMs).toBe(1_700_000_000_500);
  });
});

describe("an exposition", () => {
  test("joins samples by their families, in whatever place their type is told", () => {
    const { families, rejected } = parsed(
      [
        "# HELP a_total how often",
        "# TYPE a_total counter",
        'a_total{x="1"} 1',
        "# TYPE h histogram",
        'h_bucket{le="+Inf"} 1',
        "h_sum 1",
        "h_count 1",
        "free_count 5",
        "# just a comment",
        "",
        "late 3",
        "# TYPE late gauge",
        "# TYPE late counter",
        "",
      ].join("\n"),
    );
    expect(rejected).toBe(0);
    expect(families.map((f) => [f.name, f.type, f.samples.length])).toEqual([
      ["a_total", "counter", 1],
      ["h", "histogram", 3],
      ["free_count", "unknown", 1],
      ["late", "gauge", 1],
    ]);
  });

  test("OpenMetrics has families without suffixes, units and an end", () => {
    const text = "# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 3\na_seconds_created 1\n# EOF\n";
    expect(parsed(text, "openmetrics").families).toMatchObject([
      { name: "a_seconds", type: "counter", unit: "seconds" },
    ]);
    expect(parseExposition(text.replace("# EOF\n", ""), "openmetrics")).toMatch(/cut short/);
    expect(parsed(`${text}b 1\n`, "openmetrics").rejected, "what comes after the end").toBe(1);
  });

  test("what is there twice counts once, in whatever order its labels are", () => {
    const read = parsed('x{a="1",b="2"} 1\nx{b="2",a="1"} 2\nx{a="1"} 3\n');
    expect(samplesOf(read).map((s) => s.value)).toEqual([1, 3]);
    expect(read).toMatchObject({ rejected: 1, why: "a sample that is there twice" });
  });

  test("a last line without its end is left out: its number may be cut", () => {
    expect(samplesOf(parsed("a 1\nb 12"))).toEqual([{ name: "a", labels: [], value: 1 }]);
    expect(parsed("a 1\nb 12").rejected).toBe(1);
  });

  test("more than the limits is refused whole", () => {
    const many = (n: number) => Array.from({ length: n }, (_, i) => `x{i="${i}"} 1\n`).join("");
    expect(samplesOf(parsed(many(expositionLimits.samplesMax))).length).toBe(expositionLimits.samplesMax);
    expect(parseExposition(many(expositionLimits.samplesMax + 1), "prometheus")).toMatch(/more than 50000 samples/);
    const families = Array.from({ length: expositionLimits.familiesMax + 1 }, (_, i) => `# TYPE x${i} gauge\n`).join(
      "",
    );
    expect(parseExposition(families, "prometheus")).toMatch(/more than 10000 families/);
  });

  test("names that every object has are names", () => {
    const read = parsed('# TYPE constructor gauge\nconstructor{__proto__="x",toString="y"} 1\n__proto__ 2\n');
    expect(samplesOf(read).map((s) => s.name)).toEqual(["constructor", "__proto__"]);
  });

  test("reads what Homeostat itself exposes, all of it", () => {
    const text = metricsText(
      { version: '1"\\\n2', components: [], stops: [], openApprovals: [], liveIncidents: 0, counters: {} } as never,
      [{ type: "histogram", name: "h_seconds", help: "x\ny", buckets: [[1, 2]], count: 3, sum: 4 }],
    );
    const read = parsed(text);
    expect(read.rejected).toBe(0);
    expect(read.families[0]?.samples[0]?.labels).toEqual([["version", '1"\\\n2']]);
    expect(read.families.at(-1)).toMatchObject({ name: "homeostat_h_seconds", type: "histogram" });
  });

  test("nothing that a target may send throws, or takes long", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "# TYPE ",
        "x",
        "{",
        "}",
        '"',
        "\\",
        "=",
        ",",
        " ",
        "\n",
        "1",
        "NaN",
        "_bucket",
        'le="',
        "# EOF",
        "\r",
        "\0",
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
    );
    const text = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.constantFrom<Dialect>("prometheus", "openmetrics"), (t, dialect) => {
        const read = parseExposition(t, dialect);
        if (typeof read !== "string") for (const s of samplesOf(read)) expect(s.name).not.toBe("");
      }),
      { numRuns: 500 },
    );
    const hostile = [
      '"'.repeat(1_000_000),
      `x{a="${"\\".repeat(1_000_000)}`,
      `x{${'a="b",'.repeat(200_000)}`,
      `# TYPE ${'"\\'.repeat(500_000)}`,
      `# TYPE ${" ".repeat(1_000_000)}x`,
      "\n".repeat(1_000_000),
      `${" ".repeat(1_000_000)}\n`,
    ];
    const startedMs = performance.now();
    for (const h of hostile) parseExposition(`${h}\n`, "prometheus");
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

const label = fc.tuple(fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/), fc.string({ unit: "grapheme", maxLength: 10 }));
const value = fc.oneof(fc.double({ noNaN: true }), fc.integer());
const sample = fc.record({
  name: fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,10}$/),
  labels: fc.uniqueArray(label, { maxLength: 5, selector: ([name]) => name }),
  value,
});
const written = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
const valueText = (v: number) => (Number.isFinite(v) ? String(v) : v > 0 ? "+Inf" : "-Inf");
const lineOf = (s: typeof sample extends fc.Arbitrary<infer T> ? T : never) =>
  `${s.name}{${s.labels.map(([n, v]) => `${n}="${written(v)}"`).join(",")}} ${valueText(s.value)}`;

describe("laws", () => {
  test("what is written by the format's rules is read as it was", () => {
    fc.assert(
      fc.property(sample, (s) => {
        const plain = s.labels.filter(([, v]) => !/[\r\u2028\u2029]/.test(v));
        expect(parseSample(lineOf({ ...s, labels: plain }), "prometheus")).toEqual({
          name: s.name,
          labels: plain,
          value: s.value === 0 ? expect.closeTo(0) : s.value,
        });
      }),
    );
  });

  test("cut anywhere, nothing is read that was not written", () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 8 }), fc.nat(), (samples, at) => {
        const text = samples.map((s) => `${lineOf(s)}\n`).join("");
        const whole = samplesOf(parsed(text)).map((s) => JSON.stringify(s));
        const cut = samplesOf(parsed(text.slice(0, at % (text.length + 1)))).map((s) => JSON.stringify(s));
        expect(cut.filter((s) => !whole.includes(s))).toEqual([]);
      }),
    );
  });
});
