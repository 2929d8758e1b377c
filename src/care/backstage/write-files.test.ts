import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeFiles } from "./write-files.ts";

let care: string;
beforeEach(async () => {
  care = await mkdtemp(join(tmpdir(), "homeostat-write-"));
});
afterEach(() => rm(care, { recursive: true, force: true }));

test("takes away what it wrote, and nothing else, when somebody made one of the files meanwhile", async () => {
  await mkdir(join(care, "services"));
  await writeFile(join(care, "services", "b.yaml"), "theirs");
  const files = ["a", "b", "c"].map((name) => ({ file: `services/${name}.yaml`, text: "ours" }));
  expect(await writeFiles(care, files)).toMatchObject({
    ok: false,
    error: { message: "cannot write: EEXIST; nothing is written" },
  });
  expect(await readdir(join(care, "services"))).toEqual(["b.yaml"]);
  expect(await readFile(join(care, "services", "b.yaml"), "utf8")).toBe("theirs");
});
