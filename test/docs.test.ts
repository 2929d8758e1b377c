import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { checkParsePolicySet } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { checkDirectory } from "../src/app/care.ts";
import { initCare } from "../src/care/init-care.ts";
import { readText, trackedFiles } from "./tracked.ts";

/** What the documents say is there, is there; what they show, parses. */
const documents = trackedFiles().filter((f) => /^(README|ARCHITECTURE|CONTRIBUTING)\.md$|^docs\/.*\.md$/.test(f));

interface Block {
  readonly document: string;
  readonly language: string;
  readonly text: string;
}

const blocks: readonly Block[] = documents.flatMap((document) =>
  [...readText(document).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
    document,
    language,
    text,
  })),
);

/** Inline code outside of blocks. */
const inline = (document: string): string[] =>
  [
    ...readText(document)
      .replaceAll(/^```[\s\S]*?^```$/gm, "")
      .matchAll(/`([^`\n]+)`/g),
  ].map((m) => m[1] ?? "");

describe("paths", () => {
  test("the documents are there", () => {
    for (const name of [
      "README.md",
      "ARCHITECTURE.md",
      "CONTRIBUTING.md",
      "docs/getting-started.md",
      "docs/coverage.md",
    ])
      expect(documents).toContain(name);
  });

  test.each(documents)("%s names only paths that exist", (document) => {
    const named = inline(document)
      .filter((code) => /^(src|docs|test|care|examples|bench|scripts|bin|\.ci)\/[\w./-]*$/.test(code))
      .filter((path) => !existsSync(path));
    expect(named).toEqual([]);
  });

  test.each(documents)("%s links only to what exists", (document) => {
    const links = [...readText(document).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map((m) => m[1] ?? "");
    const broken = links.filter((to) => !/^[a-z]+:/.test(to) && !existsSync(join(dirname(document), to)));
    expect(broken).toEqual([]);
  });
});

describe("commands", () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync("package.json", "utf8")));

  test("every `npm run` names a script", () => {
    const named = documents.flatMap((d) =>
      [...readText(d).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map((m) => m[1] ?? ""),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  const helps = new Map<string, string>();
  /** The help of a command; undefined when there is no such command. */
  const help = (command: string): string | undefined => {
    const known = helps.get(command) ?? "";
    if (known !== "") return known;
    const ran = spawnSync(process.execPath, ["src/cli/main.ts", ...command.split(" ").filter(Boolean), "--help"], {
      encoding: "utf8",
    });
    if (ran.status !== 0 || !ran.stdout.startsWith(`Usage: homeostat${command === "" ? "" : ` ${command}`}`))
      return undefined;
    helps.set(command, ran.stdout);
    return ran.stdout;
  };

  /** The command and the options of one shown call, such as `homeostat incident show ID --json`. */
  const parse = (call: string): { command: string; options: string[] } => {
    const words = call.split(/\s+/).slice(1);
    const names = words.filter((w, i) => /^[a-z]+$/.test(w) && words.slice(0, i).every((b) => /^[a-z]+$/.test(b)));
    const groups = new Set(["incident", "audit", "token", "import"]);
    const command = names.slice(0, groups.has(names[0] ?? "") ? 2 : 1).join(" ");
    return { command, options: words.filter((w) => w.startsWith("--")).map((w) => w.replace(/[=`),.;].*$/, "")) };
  };

  const calls = documents
    .flatMap((document) => [
      ...inline(document),
      ...blocks.filter((b) => b.document === document && b.language === "sh").flatMap((b) => b.text.split("\n")),
    ])
    .flatMap((text) => [...text.matchAll(/(?:^|\$\(|&& )(homeostat [^|>&;)]*)/g)].map((m) => (m[1] ?? "").trim()));

  // Each asks a process of its own.
  test("every `homeostat` call names a command and options that are in its help", { timeout: 300_000 }, () => {
    expect(new Set(calls).size).toBeGreaterThan(12);
    const wrong = [...new Set(calls)].filter((call) => {
      const { command, options } = parse(call);
      const text = help(command);
      return text === undefined || options.some((o) => !text.includes(o));
    });
    expect(wrong).toEqual([]);
  });

  test("every command is in the reference, and every option of `up` and `demo`", () => {
    const reference = readText("docs/reference/cli.md");
    const listed = [...(help("") ?? "").matchAll(/^ {2}([a-z]+)(?: |$)/gm)]
      .map((m) => m[1] ?? "")
      .filter((n) => n !== "help");
    expect(listed.length).toBeGreaterThan(8);
    expect(listed.filter((name) => !reference.includes(`homeostat ${name}`))).toEqual([]);
    const options = ["up", "demo"].flatMap((c) =>
      [...(help(c) ?? "").matchAll(/^ {2}(--[a-z-]+)/gm)].map((m) => m[1] ?? ""),
    );
    expect(options.filter((o) => !reference.includes(o))).toEqual([]);
  });
});

describe("code", () => {
  const of = (...languages: string[]) => blocks.filter((b) => languages.includes(b.language));

  test("YAML parses", () => {
    const wrong = of("yaml").filter((b) => parseAllDocuments(b.text).some((d) => d.errors.length > 0));
    expect(wrong).toEqual([]);
  });

  test("JSON parses", () => {
    expect(() => of("json").map((b) => JSON.parse(b.text) as unknown)).not.toThrow();
  });

  test("Cedar parses", () => {
    const wrong = of("cedar").filter((b) => checkParsePolicySet({ staticPolicies: b.text }).type !== "success");
    expect(wrong).toEqual([]);
  });

  test("the care repo of the getting started guide is valid, at each of its steps", async () => {
    const dir = mkdtempSync(join(tmpdir(), "homeostat-docs-"));
    try {
      const care = join(dir, "care");
      expect(await initCare(care)).toMatchObject({ ok: true });
      rmSync(join(care, "services", "my-service.yaml"));
      const shown = readText("docs/getting-started.md").matchAll(/<!-- file: (\S+) -->\n\n```\w+\n([\s\S]*?)^```$/gm);
      const files = [...shown].map((m) => ({ path: m[1] ?? "", text: m[2] ?? "" }));
      expect(files.map((f) => f.path).filter((p) => p.startsWith("care/")).length).toBeGreaterThan(2);
      for (const { path, text } of files) {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), text);
      }
      expect((await checkDirectory(care)).errors).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test("the files of the getting started guide are told of as it says", () => {
    const dir = mkdtempSync(join(tmpdir(), "homeostat-docs-"));
    try {
      const guide = readText("docs/getting-started.md");
      const [, make = ""] = /<!-- file: files\/make\.py -->\n\n```python\n([\s\S]*?)^```$/m.exec(guide) ?? [];
      writeFileSync(join(dir, "make.py"), make);
      expect(spawnSync("python3", ["make.py"], { cwd: dir, encoding: "utf8" })).toMatchObject({
        status: 0,
        stderr: "",
      });
      const said = [
        ["detect", "latency.csv", "--svg", "latency.svg"],
        ["diagnose", "bundle", "--svg", "bundle.svg"],
      ].map((args) =>
        spawnSync(process.execPath, [resolve("src/cli/main.ts"), ...args], { cwd: dir, encoding: "utf8" }),
      );
      const lines = said.flatMap(({ stdout }) => stdout.split("\n").filter(Boolean));
      expect(lines.length).toBeGreaterThan(5);
      expect(lines.filter((line) => !guide.includes(`    ${line}\n`))).toEqual([]);
      for (const picture of ["latency.svg", "bundle.svg"]) expect(existsSync(join(dir, picture))).toBe(true);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
