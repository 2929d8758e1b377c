import { open, writeFile } from "node:fs/promises";
import { CommandError, exitCode } from "./exit.ts";

/** Bytes in which a picture says that it is one. */
const headBytes = 512;

/** Writes an SVG. A file that is there and is no picture, such as the one that was read, is left as it is. */
export async function writePicture(path: string, svg: string): Promise<void> {
  const head = await headOf(path);
  if (head !== "" && !head.includes("<svg"))
    throw new CommandError(exitCode.usage, `\`${path}\` is there and is no SVG: give another name for the picture`);
  await writeFile(path, svg).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(exitCode.failed, `cannot write \`${path}\`: ${error.code ?? error.message}`);
  });
}

/** How a file begins; empty when there is none, or nothing that could be read. */
async function headOf(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (!file) return "";
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } catch {
    return "";
  } finally {
    await file.close();
  }
}
