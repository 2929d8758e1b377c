import { expect, test } from "vitest";
import { tellSeldom } from "./tell-seldom.ts";

test("a database that is away for long does not drown the log, and what is new is told at once", () => {
  const told: string[] = [];
  let nowMs = 0;
  const tell = tellSeldom(
    (text) => told.push(text),
    () => nowMs,
  );
  for (let attempt = 1; attempt <= 600; attempt++, nowMs += 100) tell(`refused, retrying in ${attempt / 7} s`);
  tell("something else");
  tell("refused, retrying in 5 s");
  expect(told).toEqual([
    expect.stringMatching(/^refused, retrying in 0\.\d+ s$/),
    "something else",
    "refused, retrying in 5 s (and 599 times since it was told last)",
  ]);
});

test("texts without end that all differ take no memory without end", () => {
  let count = 0;
  const tell = tellSeldom(() => count++);
  for (let i = 0; i < 1_000; i++) tell("x".repeat(i));
  expect(count).toBe(1_000);
});
