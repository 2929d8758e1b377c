import { readFile, realpath, stat } from "node:fs/promises";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { CareError } from "../../loop/signal/care-error.ts";
import { treeLimits } from "../read-tree.ts";

/** An error about a whole file. */
export const fileError = (file: string, message: string, expected: string, fix: string): CareError => ({
  file,
  line: 1,
  path: "",
  message,
  expected,
  fix,
});

/** The path without links; undefined when nothing is there. */
export const realPathOf = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);

/** The text of an ordinary file of a bounded size (I11). A pipe or a device could be read for ever. */
export async function readDescriptor(path: string, shown: string): Promise<Result<string, CareError>> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return err(fileError(shown, "this is no file", "a Backstage descriptor", "name a file"));
    if (found.size > treeLimits.fileBytesMax)
      return err(
        fileError(
          shown,
          `the file has ${found.size} bytes`,
          `at most ${treeLimits.fileBytesMax} bytes`,
          "split the file",
        ),
      );
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path)));
  } catch (error) {
    return err(fileError(shown, whyOf(error), "UTF-8 text", "check the file and its permissions"));
  }
}

const whyOf = (error: unknown): string =>
  error instanceof TypeError ? "the file is no UTF-8 text" : `cannot read it: ${(error as NodeJS.ErrnoException).code}`;
