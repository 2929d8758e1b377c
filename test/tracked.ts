import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync } from "node:fs";

/** The repository's files as Git knows them, without those removed and not yet committed. */
export function trackedFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
  return listed.split("\0").filter((f) => f !== "" && existsSync(f) && lstatSync(f).isFile());
}

export const readText = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
