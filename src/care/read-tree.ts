import { lstat, readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { digestOf, sha256Hex } from "../kernel/digest.ts";
import type { CareError } from "../loop/signal/care-error.ts";

export interface SourceText {
  /** Relative to the care repo, with `/`. */
  readonly file: string;
  readonly text: string;
}

/** How much a care repo may hold (I11). */
export const treeLimits = { filesMax: 5_000, fileBytesMax: 1_048_576, bytesMax: 33_554_432, depthMax: 16 };

/**
 * All YAML and Cedar files under a folder, in the order of their names. Folders that start with a dot and symbolic links
 * are left out: what is not in the repo is not its config.
 */
export async function readTree(dir: string): Promise<{ sources: SourceText[]; errors: CareError[] }> {
  const sources: SourceText[] = [];
  const errors: CareError[] = [];
  let bytes = 0;
  try {
    for (const path of await filesUnder(dir, 0)) {
      const file = relative(dir, path).split(sep).join("/");
      const { size } = await lstat(path);
      bytes += size;
      if (size > treeLimits.fileBytesMax)
        errors.push(tooMuch(file, `the file has ${size} bytes`, `${treeLimits.fileBytesMax} bytes`));
      else if (sources.length >= treeLimits.filesMax || bytes > treeLimits.bytesMax)
        return {
          sources,
          errors: [
            ...errors,
            tooMuch(
              file,
              "the care repo is too large",
              `${treeLimits.filesMax} files and ${treeLimits.bytesMax} bytes`,
            ),
          ],
        };
      else sources.push(await readText(path, file, errors));
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    errors.push({
      file: ".",
      line: 1,
      path: "",
      message: `cannot read \`${dir}\`: ${why}`,
      expected: "a readable folder",
      fix: "check the path and its permissions",
    });
  }
  return { sources, errors };
}

/** `tree:<sha256>` of names and contents: the identity of a care repo outside Git. */
export const treeDigest = (sources: readonly SourceText[]): string =>
  `tree:${digestOf(sources.map(({ file, text }) => [file, sha256Hex(text)])).slice("sha256:".length)}`;

async function filesUnder(dir: string, depth: number): Promise<string[]> {
  if (depth > treeLimits.depthMax)
    throw new Error(`\`${dir}\` is nested more than ${treeLimits.depthMax} folders deep`);
  const entries = await readdir(dir, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
      found.push(...(await filesUnder(path, depth + 1)));
    else if (entry.isFile() && /\.(ya?ml|cedar)$/.test(entry.name) && !entry.name.startsWith(".")) found.push(path);
    if (found.length > treeLimits.filesMax) break;
  }
  return found;
}

async function readText(path: string, file: string, errors: CareError[]): Promise<SourceText> {
  try {
    return { file, text: new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path)) };
  } catch {
    errors.push({
      file,
      line: 1,
      path: "",
      message: "the file is no UTF-8 text",
      expected: "UTF-8",
      fix: "save it as UTF-8",
    });
    return { file, text: "" };
  }
}

const tooMuch = (file: string, message: string, limit: string): CareError => ({
  file,
  line: 1,
  path: "",
  message,
  expected: `at most ${limit}`,
  fix: "keep only Homeostat's own files in the care repo",
});
