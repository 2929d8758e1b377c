import { copyFile, open, stat, truncate, type FileHandle } from "node:fs/promises";

const bytesMax = 5_000_000;
const lookEveryMs = 60_000;

/** Opened for a child to append to, readable by its owner only. */
export async function openLog(path: string): Promise<FileHandle> {
  await bound(path);
  return open(path, "a", 0o600);
}

/** Keeps a log that another process appends to at about 5 MB, and once more of what was before (I11). Gives the end of it. */
export function keepBounded(path: string): () => void {
  const timer = setInterval(() => void bound(path).catch(() => undefined), lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Copied and cut, since the writer keeps the file open; it appends, so it goes on at the new end. */
export async function bound(path: string, max = bytesMax): Promise<void> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size <= max) return;
  await copyFile(path, `${path}.1`);
  await truncate(path, 0);
}

/** What was appended after an earlier size, at most its last part. */
export async function tailOf(path: string, from: number): Promise<string> {
  const partMax = 20_000;
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const start = Math.max(size < from ? 0 : from, size - partMax);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), { position: start });
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
