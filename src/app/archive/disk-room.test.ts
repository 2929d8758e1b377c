import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { diskStatus, judge } from "./disk-room.ts";

test.each([
  [0, "failed"],
  [33_000_000, "failed"],
  [200_000_000, "degraded"],
  [300_000_000, "ok"],
] as const)("a database with room for %i more bytes is %s", (bytes, state) => {
  expect(judge("/data", bytes)).toMatchObject({ name: "disk", state });
});

test("a disk that runs full is named before the database fails", () => {
  expect(judge("/data", 33_000_000).detail).toBe("33 MB are left for the database in `/data`: free some");
});

test("what is not known is not well, and another's database is not looked at", async () => {
  expect(await diskStatus("/nowhere/at/all")).toMatchObject([{ state: "degraded" }]);
  expect(await diskStatus(undefined)).toEqual([]);
  expect(await diskStatus(tmpdir())).toMatchObject([{ name: "disk" }]);
});
