import { expect, test } from "vitest";
import type { LogSignal } from "../signal/signal.ts";
import { createNotableLines } from "./notable-lines.ts";

const log = (body: string, over: Partial<LogSignal> = {}): LogSignal => ({
  kind: "log",
  service: "cart",
  environment: "demo",
  timeMs: 0,
  severity: 17,
  body,
  ...over,
});
const of = (bodies: readonly (string | LogSignal)[], asks = (_text: string) => false) => {
  const lines = createNotableLines(asks);
  for (const [i, body] of bodies.entries()) lines.take(typeof body === "string" ? log(body) : body, 1_000 + i);
  return lines;
};

test("keeps lines that differ in numbers alone as one, told by the latest", () => {
  expect(of(["order 12 failed", "order 13 failed"]).read("cart", "demo", 2_000)).toEqual([
    { text: "order 13 failed", severity: 17, count: 2, firstMs: 1_000, lastMs: 1_001 },
  ]);
});

test("keeps what is below a warning only when it is asked for", () => {
  const lines = of([log("GET / 200", { severity: 9 }), log("lost leader", { severity: 0 })], (t) =>
    t.includes("leader"),
  );
  expect(lines.read("cart", "demo", 2_000)?.map((l) => l.text)).toEqual(["lost leader"]);
});

test("tells a service that has nothing to tell from one whose log does not come", () => {
  const lines = of([log("GET / 200", { severity: 9 })]);
  expect(lines.read("cart", "demo", 2_000)).toEqual([]);
  expect(lines.read("cart", "other", 2_000)).toBeUndefined();
  expect(lines.read("store", "demo", 2_000)).toBeUndefined();
});

test("names the instance while it is the only one", () => {
  const from = (instance: string) => log("failed", { instance });
  expect(of([from("a"), from("a")]).read("cart", "demo", 2_000)?.[0]?.instance).toBe("a");
  expect(of([from("a"), from("b"), from("b")]).read("cart", "demo", 2_000)?.[0]).not.toHaveProperty("instance");
});

test("forgets what did not come for half an hour, and counts anew when it comes again", () => {
  const lines = of(["failed"]);
  expect(lines.read("cart", "demo", 1_801_000)).toEqual([]);
  lines.take(log("failed"), 1_900_000);
  expect(lines.read("cart", "demo", 1_900_000)).toMatchObject([{ count: 1, firstMs: 1_900_000 }]);
});

test("a flood of lines keeps the latest sixty, short, and counts the others", () => {
  const words = Array.from({ length: 500 }, (_, i) =>
    String(i).replaceAll(/\d/g, (d) => "abcdefghij".charAt(Number(d))),
  );
  const lines = of(words.map((w) => `${w} ${"x".repeat(5_000)}`));
  const read = lines.read("cart", "demo", 2_000) ?? [];
  expect(read).toHaveLength(60);
  expect(Math.max(...read.map((l) => l.text.length))).toBe(500);
  expect(lines.stats()).toMatchObject({ notableForgotten: 440 });
});

test("asks about five thousand lines a second at most, and counts the rest", () => {
  let asked = 0;
  const lines = createNotableLines(() => ++asked > 0);
  for (let i = 0; i < 6_000; i++) lines.take(log("GET /", { severity: 9 }), 5_000);
  expect(asked).toBe(5_000);
  expect(lines.stats().linesNotAsked).toBe(1_000);
  lines.take(log("GET /", { severity: 9 }), 6_000);
  expect(asked).toBe(5_001);
});
