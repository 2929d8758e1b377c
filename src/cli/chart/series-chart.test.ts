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
  const svg = seriesChart([
    { title: "cpu", points: spiky, marks: [{ fromMs: day, toMs: day + 60_000, text: "spike" }] },
  ]);
  expect(svg.length).toBeLessThan(100_000);
  expect(svg).toContain(">40<");
  expect(svg).toContain("<title>spike</title>");
});

test("names are text, never markup", () => {
  const svg = seriesChart([{ title: `<script>alert("1")</script>&\u0000`, points, marks: [] }]);
  expect(svg).not.toContain("<script");
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
      expect(seriesChart([{ title: "x", points: sorted, marks: [] }])).not.toMatch(/NaN|Infinity/);
    }),
  );
});
