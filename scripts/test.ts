import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { installDebianPackages } from "./debian-packages.ts";

/** Checks, unit tests, systems tests; then one line that sums up. Exits 1 when anything failed. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const bin = (name: string): string => join("node_modules", ".bin", name);
/** The tools find the pinned Node first, also when the machine's is older and this was not started by npm. */
const env = { ...process.env, PATH: [resolve("node_modules", ".bin"), process.env["PATH"]].join(delimiter) };
const run = (command: string, args: readonly string[]): boolean => {
  process.stdout.write(`\n> ${[command, ...args].join(" ")}\n`);
  return spawnSync(command, args, { stdio: "inherit", env }).status === 0;
};

const checks: readonly (readonly [string, ...string[]])[] = [
  [bin("prettier"), "--check", "--log-level", "warn", "."],
  [bin("oxlint"), "--quiet"],
  [bin("tsc"), "-p", "."],
  [bin("depcruise"), "src", "examples", "bench", "test"],
  [bin("knip")],
];

installDebianPackages((text) => process.stdout.write(`${text}\n`));
const dir = mkdtempSync(join(tmpdir(), "homeostat-test-"));
let [passed, failed, skipped] = [0, 0, 0];
try {
  for (const [command, ...args] of checks) {
    if (run(command, args)) passed++;
    else failed++;
  }
  const only = process.argv.slice(2);
  const suites = [
    ["unit", []],
    ["systems", ["-c", "vitest.systems.config.ts"]],
  ] as const;
  for (const [name, config] of suites.filter(([n]) => only.length === 0 || only.includes(n))) {
    const file = join(dir, `${name}.json`);
    const ok = run(bin("vitest"), ["run", ...config, "--reporter=default", "--reporter=json", `--outputFile=${file}`]);
    if (!existsSync(file)) {
      process.stdout.write(`the ${name} tests did not come to an end\n`);
      failed++;
      continue;
    }
    const report = JSON.parse(readFileSync(file, "utf8")) as Report;
    passed += report.numPassedTests;
    skipped += report.numPendingTests + report.numTodoTests;
    // A file that failed to load has no tests to count; it is a failure all the same.
    failed +=
      report.numFailedTests +
      report.testResults.filter((f) => f.status === "failed" && f.assertionResults.length === 0).length;
    if (!ok && report.numFailedTests === 0) failed++;
    for (const t of report.testResults.flatMap((f) => f.assertionResults))
      if (t.status === "pending" || t.status === "skipped") process.stdout.write(`skipped: ${t.fullName}\n`);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
