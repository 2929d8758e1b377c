import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readText, trackedFiles } from "./tracked.ts";

/** The house's rules that no tool checks by itself. A rule that matters has a check; one without is deleted. */
const linesMax = 400;
const sources = trackedFiles().filter((f) => /^(src|examples|bench|scripts|test)\/.*\.(ts|mjs|js|cjs)$/.test(f));

const cruised = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
  modules: z.array(z.object({ source: z.string(), dependencies: z.array(z.object({ resolved: z.string() })) })),
});

function cruise(): z.infer<typeof cruised> {
  const tool = "node_modules/.bin/depcruise";
  const ran = spawnSync(process.execPath, [tool, "src", "examples", "bench", "test", "--output-type", "json"], {
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  return cruised.parse(JSON.parse(ran.stdout));
}

describe("the dependency rule", () => {
  const { summary, modules } = cruise();

  test("the tool read the sources", () => {
    expect(summary.totalCruised).toBeGreaterThan(300);
    const read = new Set(modules.map((m) => m.source));
    const unread = sources.filter((f) => f.startsWith("src/") && f.endsWith(".ts") && !read.has(f));
    expect(unread).toEqual([]);
  });

  test("nobody knows what comes after them", () => {
    expect(summary.violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}`)).toEqual([]);
  });

  test("kernel and loop know zod, canonicalize and node's crypto, and nothing else outside", () => {
    const pure = modules.filter(
      (m) => /^src\/(kernel|loop)\//.test(m.source) && !/\.(test|testsuite)\.ts$/.test(m.source),
    );
    const outside = pure
      .flatMap((m) => m.dependencies.map((d) => d.resolved))
      .filter((to) => !/^src\/(kernel|loop)\//.test(to))
      .map((to) => /^node_modules\/([^/]+)/.exec(to)?.[1] ?? to);
    expect([...new Set(outside)].toSorted()).toEqual(["canonicalize", "crypto", "zod"]);
  });
});

describe("files", () => {
  test(`none in src is longer than ${linesMax} lines`, () => {
    const product = sources.filter((f) => f.startsWith("src/") && !/\.(test|testsuite)\.ts$/.test(f));
    expect(product.length).toBeGreaterThan(100);
    expect(product.filter((f) => readText(f).split("\n").length > linesMax)).toEqual([]);
  });

  test("none has a name that could hold anything", () => {
    expect(sources.filter((f) => /(^|\/)(utils?|helpers?|manager|common|misc|types)\.ts$/.test(f))).toEqual([]);
  });

  test("sources use what types can be erased from, and no default exports", () => {
    const product = sources.filter((f) => f.startsWith("src/") && f.endsWith(".ts"));
    expect(product.filter((f) => /^(export )?(const )?enum |^export default /m.test(readText(f)))).toEqual([]);
  });
});

describe("tracked text", () => {
  const self = "test/house.test.ts";
  const text = trackedFiles().filter((f) => f !== self && !/\.(png|jpg|ico|pb|bin|gz|woff2)$/.test(f));
  const withText = (pattern: RegExp): string[] =>
    text.flatMap((f) => {
      const found = pattern.exec(readText(f));
      return found ? [`${f}: ${found[0]}`] : [];
    });

  test("speaks of the project alone, not of how it was written", () => {
    // The redactor's tests name the vendors whose key formats they try.
    const found = withText(/\b(claude|anthropic|chatgpt|copilot|co-authored-by|as an ai|coding agent|sub-?agent)\b/i);
    expect(found.filter((f) => !f.includes("redactor"))).toEqual([]);
  });

  test("holds no path of one machine", () => {
    expect(withText(/(?<![\w.])\/(work|home\/[a-z]+|Users\/[a-z]+)\/[\w.-]+/i)).toEqual([]);
  });

  test("holds no registry's host", () => {
    expect(withText(/https?:\/\/[\w.-]*(registry|npmjs|artifactory|verdaccio)[\w.-]*/i)).toEqual([]);
  });
});

describe("package.json", () => {
  const manifest = z
    .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync("package.json", "utf8")));
  const locked = z
    .object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) })
    .parse(JSON.parse(readFileSync("package-lock.json", "utf8")));
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });

  test("pins every version exactly, as the lockfile has it", () => {
    const wrong = wanted.filter(([name, version]) => locked.packages[`node_modules/${name}`]?.version !== version);
    expect(wrong).toEqual([]);
  });
});

describe("docs/coverage.md", () => {
  const sizes = { A: 12, B: 7, C: 6, D: 5, E: 10, F: 6, G: 8, H: 5, I: 8, J: 4, K: 6, L: 5, M: 10 };
  const all = Object.entries(sizes).flatMap(([letter, n]) => Array.from({ length: n }, (_, i) => `${letter}${i + 1}`));
  const rows = [...readText("docs/coverage.md").matchAll(/^\| ([A-M]\d+) +\| (\w+) +\| (.*) \|$/gm)];

  test("has one row for every requirement, and no other", () => {
    expect(rows.map((r) => r[1])).toEqual(all);
  });

  test("says works, partial or missing, and where what works is shown", () => {
    expect(rows.filter((r) => !["works", "partial", "missing"].includes(r[2] ?? "")).map((r) => r[0])).toEqual([]);
    expect(rows.filter((r) => r[2] === "works" && !r[3]?.includes("`")).map((r) => r[1])).toEqual([]);
  });
});

describe("ARCHITECTURE.md", () => {
  const text = readText("ARCHITECTURE.md");
  const rows = [...text.matchAll(/^\| (I\d+) +\|.*\| `([^`]+)`.*\|$/gm)];

  test("names, for each invariant, a file that cites it", () => {
    expect(rows.map((r) => r[1])).toEqual(Array.from({ length: 12 }, (_, i) => `I${i + 1}`));
    const silent = rows.filter(([, id, file]) => !new RegExp(`\\b${id}\\b`).test(readText(file ?? "")));
    expect(silent.map((r) => `${r[2]} does not cite ${r[1]}`)).toEqual([]);
  });

  test("fits on three pages", () => {
    expect(text.split("\n").length).toBeLessThanOrEqual(180);
  });
});
