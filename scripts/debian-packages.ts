import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs that tests use where they are, and the packages of Debian that bring them. */
const packages: Readonly<Record<string, string>> = {
  chromium: "chromium",
  prometheus: "prometheus",
  "prometheus-alertmanager": "prometheus-alertmanager",
};
const withinMs = 600_000;

const isThere = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((dir) => existsSync(join(dir, program)));

/**
 * Installs what is missing, where that may be done: on Debian, as root. Elsewhere, or when it does not come off, the tests that
 * need it are skipped by name. Services of the packages are not started.
 */
export function installDebianPackages(say: (text: string) => void): void {
  const missing = Object.entries(packages).flatMap(([program, name]) => (isThere(program) ? [] : [name]));
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  say(`installing Debian's ${missing.join(", ")}`);
  const apt = (...args: string[]): boolean =>
    spawnSync("/usr/bin/apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=120", ...args], {
      stdio: "ignore",
      timeout: withinMs,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
    }).status === 0;
  if (!apt("update") || !apt("install", "-y", "--no-install-recommends", ...missing))
    say("that did not come off: tests that need them are skipped");
}
