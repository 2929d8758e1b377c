import { describe, expect, test } from "vitest";
import type { TargetState } from "../signal/target-state.ts";
import { expectationOf, expectedAfter, otherHands, surprises } from "./target-after.ts";

const target = (over: Partial<TargetState> = {}): TargetState => ({
  service: "cart",
  atMs: 0,
  release: "1.2.0",
  config: { main: "sha256:a" },
  flags: { fast: { state: "ENABLED", defaultVariant: "on", variants: ["on", "off"] } },
  unreadable: [],
  ...over,
});

describe("whose change is it", () => {
  test("an untouched target holds no surprise", () => expect(surprises(expectationOf(target()), target())).toEqual([]));

  test("our own step is expected", () => {
    const after = expectedAfter(expectationOf(target()), "release.switch", { to: "1.1.0" });
    expect(surprises(after, target({ release: "1.1.0" }))).toEqual([]);
  });

  test("somebody else's release after ours is not ours to undo", () => {
    const after = expectedAfter(expectationOf(target()), "release.switch", { to: "1.1.0" });
    expect(surprises(after, target({ release: "1.3.0" }))).toEqual(["the release is 1.3.0, expected 1.1.0"]);
  });

  test("config and flags are watched as well", () => {
    const before = expectationOf(target());
    expect(
      surprises(expectedAfter(before, "config.restore", { file: "main", digest: "sha256:b" }), target()),
    ).toHaveLength(1);
    expect(
      surprises(expectedAfter(before, "flag.set", { flag: "fast", variant: "off", state: "ENABLED" }), target()),
    ).toHaveLength(1);
  });

  test("neither the state before a step nor the one after it is somebody else's", () => {
    const before = expectationOf(target());
    const after = expectedAfter(before, "release.switch", { to: "1.1.0" });
    const { release: _gone, ...unreadable } = target();
    for (const ours of [target(), target({ release: "1.1.0" }), unreadable])
      expect(otherHands(before, after, ours)).toEqual([]);
    expect(otherHands(before, after, target({ release: "1.3.0", config: { main: "sha256:b" } }))).toEqual([
      "the release is 1.3.0, by somebody else's hands",
      "config `main` is sha256:b, by somebody else's hands",
    ]);
  });

  test("what cannot be read any more counts as changed", () => {
    const { release: _gone, ...unreadable } = target();
    expect(surprises(expectationOf(target()), unreadable)).toHaveLength(1);
  });
});
