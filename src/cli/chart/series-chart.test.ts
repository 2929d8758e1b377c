import fc from "fast-check";
import { expect, test } from "vitest";
import { seriesChart } from "./series-chart.ts";

const day = Date.parse("2026-11-01T00:00:00Z");
const points = Array.from({ length: 10_000 }, (_, i) => ({
  atMs: day + i * 60_000,
  value: Math.sin(i / 50),
  low: -1,
  high: 1,
}));

test("a long series keeps its spikes and stays small", () => {
  const spiky = points.map((p, i) => (i === 5_000 ? { ...p, value: 40 } : p));
  const marks = [{ fromMs: day, toMs: day + 60_000, text: "spike: 40", label: "spike" }];
  const svg = seriesChart({ title: "Numbers", series: [{ title: "cpu", points: spiky, marks }] });
  expect(svg.length).toBeLessThan(100_000);
  expect(svg).toContain("-1 to 40<");
  expect(svg).toContain("<title>spike: 40</title>");
  expect(svg).toMatch(/<g class="found".*>spike<\/text>/);
});

test("it says what its lines and areas are, when and how much, and all of it to those who cannot see it", () => {
  const marks = [
    { fromMs: day, toMs: day + 60_000, text: "spike: 40", label: "spike" },
    { fromMs: day, toMs: day + 60_000, text: "the time in question", label: "in question", isWindow: true },
  ];
  const svg = seriesChart({ title: "Numbers", series: [{ title: "cpu", points, marks, unit: "cores" }] });
  for (const said of ["what was seen", "what was to be expected", "what is unusual", "the time in question", "cores"])
    expect(svg).toContain(`>${said}</text>`);
  expect(svg).toMatch(/>2026-11-02</);
  expect(svg).toMatch(/<desc id="description">1 series over time. cpu: spike: 40<\/desc>/);
  expect(svg).toContain("prefers-color-scheme: dark");
});

test("points that are missing are not drawn over", () => {
  const holed = points.filter((_, i) => i < 100 || (i > 4_000 && i < 4_100) || i === 8_000);
  const svg = seriesChart({ title: "x", series: [{ title: "cpu", points: holed, marks: [] }] });
  expect(/<path class="seen" d="(M[^"]*L[^"]*)"/.exec(svg)?.[1]?.match(/M/g)).toHaveLength(2);
  expect(svg.match(/<circle class="dot"/g)).toHaveLength(1);
});

test("however many series and findings there are, the picture is bounded and says what it leaves out", () => {
  const marks = Array.from({ length: 5_000 }, (_, i) => ({
    fromMs: day + i * 60_000,
    toMs: day + i * 60_000,
    text: "x".repeat(100),
    label: "spike",
  }));
  const series = Array.from({ length: 100 }, () => ({ title: "cpu", points, marks }));
  const svg = seriesChart({ title: "many", series });
  expect(svg.length).toBeLessThan(10_000_000);
  expect(svg).toContain("the first 50 of 100 series");
  expect(svg).toContain("the first 200 of 5000 findings, the most telling");
});

test("names are text, never markup", () => {
  const svg = seriesChart({
    title: "</title><script>",
    series: [{ title: `<script>alert("1")</script>&\u0000\u202e`, points, marks: [] }],
  });
  expect(svg).not.toContain("<script");
  expect(svg).not.toContain("\u202e");
  expect(svg).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;");
});

test("whatever the numbers are, the picture has only numbers in it", () => {
  const point = fc.record({
    atMs: fc.integer({ min: 0, max: 8e12 }),
    value: fc.double(),
    low: fc.double(),
    high: fc.double(),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 50 }), (drawn) => {
      const sorted = drawn.toSorted((a, b) => a.atMs - b.atMs);
      expect(seriesChart({ title: "x", series: [{ title: "x", points: sorted, marks: [] }] })).not.toMatch(
        /NaN|Infinity/,
      );
    }),
  );
});
