import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkCare } from "./check-care.ts";
import { careOptions } from "./care-world.testsuite.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "hostile-care-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const check = async (text: string | Buffer) => {
  await writeFile(join(dir, "a.yaml"), text);
  return (await checkCare(dir, careOptions())).errors;
};
const repeat = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => line(i)).join("");
const service =
  "apiVersion: homeostat.dev/v1\nkind: Service\nmetadata: { name: shop }\nspec:\n  environment: e\n  owner: o\n";

const deep = { message: "nested more than 64 levels deep", expected: "at most 64 levels", fix: "write it flatter" };
it.each([
  ["lists", `a: ${"[".repeat(50_000)}${"]".repeat(50_000)}`, { line: 1, column: 67 }],
  ["lists that never end", `a:\n${"[".repeat(50_000)}`, { line: 2 }],
  ["mappings", `${"{a: ".repeat(20_000)}1${"}".repeat(20_000)}`, { line: 1 }],
  ["dashes", `${"- ".repeat(50_000)}x`, { line: 1 }],
  ["questions", `${"? ".repeat(50_000)}x`, { line: 1 }],
  ["indents", repeat(500, (i) => `${" ".repeat(i)}a:\n`), { line: 65 }],
])("thousands of %s within each other are one error at their place", async (_what, text, at) => {
  expect(await check(text)).toMatchObject([{ file: "a.yaml", ...at, ...deep }]);
});

const names = "abcdefghi".split("");
const bomb = names
  .map(
    (n, i) =>
      `${n}: &${n} [${Array(9)
        .fill(i === 0 ? "x" : `*${names[i - 1]}`)
        .join(", ")}]\n`,
  )
  .join("");
it.each([
  ["unfold without end", bomb, /^aliases that unfold to more than 50 times/],
  ["stand within what they name", "a: &a [*a]\n", /^an alias stands within what it names$/],
  ["name nothing", "a: *b\n", /^unresolved alias/],
])("aliases that %s are refused in words of ours", async (_what, text, message) => {
  const errors = await check(text);
  expect(errors).toMatchObject([{ file: "a.yaml", line: 1, message: expect.stringMatching(message) }]);
  expect(errors[0]?.fix).toBe("write the values out instead of using aliases");
});

it.each([
  ["unknown fields", service + repeat(15_000, (i) => `  k${i}: 1\n`), { line: 7, message: "unknown field `k0`" }],
  ["keys of one name", service + "  owner: o\n".repeat(15_000), { line: 7, message: "map keys must be unique" }],
  ["stray tags", `a: ${"!a ".repeat(80_000)}`, { line: 1, message: expect.stringContaining("tag") }],
  ["stray quotes", '"'.repeat(200_000), { line: 1 }],
])("a file full of %s is answered soon, with the first few errors", { timeout: 20_000 }, async (_what, text, first) => {
  const errors = await check(text);
  expect(errors[0]).toMatchObject({ file: "a.yaml", ...first });
  expect(errors.length).toBeLessThanOrEqual(51);
});

it("says how many errors it does not name", async () => {
  const errors = await check(service + repeat(80, (i) => `  k${i}: 1\n`));
  expect(errors).toContainEqual(expect.objectContaining({ message: "30 more things are wrong in this document" }));
});

it("repeats of a long word no more than its beginning", async () => {
  const [error] = await check(`apiVersion: homeostat.dev/v1\nkind: ${"S".repeat(100_000)}\n`);
  expect(error?.message).toBe(`unknown kind \`${"S".repeat(60)}…\``);
});

it("a file that is too large is named with its size, and not read", async () => {
  expect(await check(Buffer.alloc(1_100_000, 0x23))).toMatchObject([
    { file: "a.yaml", message: "the file has 1100000 bytes", expected: "at most 1048576 bytes" },
  ]);
});
