import { readFile } from "node:fs/promises";

/** User and system time of a process, as Linux counts it in hundredths of a second (proc(5), fields 14 and 15). */
export async function cpuSeconds(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
