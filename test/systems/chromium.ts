import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const find = (): string | undefined =>
  [process.env["CHROMIUM"] ?? "", ...places].find((p) => p !== "" && existsSync(p));

/** Where Chromium is. In CI, as root, Debian's is installed when there is none; elsewhere nothing is installed. */
export function findChromium(): string | undefined {
  const found = find();
  if (found !== undefined || process.env["CI"] === undefined || process.getuid?.() !== 0) return found;
  const install = ["install", "-y", "--no-install-recommends", "chromium"];
  spawnSync("/usr/bin/apt-get", install, { stdio: "ignore", timeout: 300_000 });
  return find();
}

export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: flags, headless: true, timeout: 60_000 });
