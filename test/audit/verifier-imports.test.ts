import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Files and packages that a module needs, its imports' imports too. */
function reachable(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name = ""] of readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)"/gm)) {
    if (name.startsWith(".")) reachable(join(dirname(file), name), seen);
    else seen.add(name);
  }
  return seen;
}

it("the offline verifier needs the kernel and its own folder, nothing else (I12)", () => {
  const needed = [...reachable(join(root, "src/loop/audit/verify.ts"))].map((f) =>
    f.startsWith("/") ? relative(root, f) : f,
  );
  expect(needed.length).toBeGreaterThan(8);
  const allowed = /^(?:src\/kernel\/[a-z-]+\.ts|src\/loop\/audit\/[a-z0-9-]+\.ts|node:crypto|canonicalize)$/;
  expect(needed.filter((name) => !allowed.test(name))).toEqual([]);
});
