import { mkdir, statfs } from "node:fs/promises";

/** Rejects, with words for the operator, when less than `leaveBytes` would be free after writing `moreBytes`. */
export async function needRoom(root: string, leaveBytes: number, moreBytes = 0): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o750 });
  const { bavail, bsize } = await statfs(root);
  if (bavail * bsize >= leaveBytes + moreBytes) return;
  const free = Math.floor((bavail * bsize) / 1e6);
  throw new Error(`only ${free} MB are free at \`${root}\`, which are left to the database: free some`);
}
