import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { bound, openLog, tailOf } from "./log-file.ts";

const folder = mkdtempSync(join(tmpdir(), "log-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("is cut when it is too long, with what was before kept once, while its writer goes on", async () => {
  const path = join(folder, "a.log");
  const writer = await openLog(path);
  await writer.write("x".repeat(101));
  await bound(path, 100);
  await writer.write("next");
  await writer.close();
  expect(readFileSync(path, "utf8")).toBe("next");
  expect(readFileSync(`${path}.1`, "utf8")).toBe("x".repeat(101));
});

it("is left alone, and never grown, when it is short or missing", async () => {
  const path = join(folder, "b.log");
  await bound(path, 100);
  writeFileSync(path, "short");
  await bound(path, 100);
  expect(readFileSync(path, "utf8")).toBe("short");
});

it("tells what was added since, also when it was cut meanwhile", async () => {
  const path = join(folder, "c.log");
  writeFileSync(path, "before ");
  appendFileSync(path, "after");
  expect(await tailOf(path, 7)).toBe("after");
  expect(await tailOf(path, 1_000)).toBe("before after");
  expect(await tailOf(join(folder, "none"), 0)).toBe("");
});
