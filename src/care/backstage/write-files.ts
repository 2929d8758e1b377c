import { link, lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { CareError } from "../../loop/signal/care-error.ts";
import { fileError } from "./read-descriptor.ts";

interface File {
  /** `services/NAME.yaml`, of a checked name. */
  readonly file: string;
  readonly text: string;
}

/** What is in the way of writing: anything at all that is there stays there. */
export async function whyNotWritable(care: string, files: readonly File[]): Promise<CareError[]> {
  if (files.length === 0) return [];
  const folder = join(care, "services");
  const there = await lstat(folder).catch(() => undefined);
  // A link would lead out of the care repo, and what is behind one is not read.
  if (there && !there.isDirectory())
    return [fileError(folder, "this is no folder", "a folder for services, or nothing", "move it away")];
  const found = await Promise.all(files.map(({ file }) => lstat(join(care, file)).catch(() => undefined)));
  return files.flatMap(({ file }, i) =>
    found[i]
      ? [
          fileError(
            join(care, file),
            "the file is there, and does not declare this service",
            "no file of this name",
            "rename it, or declare the service in it yourself",
          ),
        ]
      : [],
  );
}

/**
 * Writes all files or none: where one cannot be written, those before it are taken away again. Each is whole or not there, also when the
 * process is killed in between.
 */
export async function writeFiles(care: string, files: readonly File[]): Promise<Result<undefined, CareError>> {
  const written: string[] = [];
  try {
    if (files.length > 0) await mkdir(join(care, "services"), { recursive: true });
    for (const { file, text } of files) {
      const path = join(care, file);
      await writeWhole(path, text);
      written.push(path);
    }
    return ok(undefined);
  } catch (error) {
    await Promise.all(written.map((path) => rm(path, { force: true })));
    const why = `cannot write: ${(error as NodeJS.ErrnoException).code ?? String(error)}; nothing is written`;
    return err(
      fileError(join(care, "services"), why, "a folder that can be written to", "check space and permissions"),
    );
  }
}

/** Makes the file, which must not be there: what somebody else made meanwhile is neither written over nor taken away. */
async function writeWhole(path: string, text: string): Promise<void> {
  const next = `${path}.${process.pid}.importing`;
  try {
    await writeFile(next, text);
    await link(next, path);
  } finally {
    await rm(next, { force: true });
  }
}
