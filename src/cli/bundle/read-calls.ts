import type { Call } from "../../loop/diagnosis/rank/recording.ts";
import { bytesOf, tableOf } from "../csv/read-table.ts";
import { badFile } from "./read-json.ts";

const callerNames: ReadonlySet<string> = new Set(["from", "caller", "source", "src", "client", "parent"]);
const calleeNames: ReadonlySet<string> = new Set(["to", "callee", "target", "destination", "dst", "server", "child"]);

/** Who calls whom, a row each. The first row may name the columns, in either order; what follows the two is passed over. */
export async function readCalls(file: string): Promise<Call[]> {
  const bytes = await bytesOf(file);
  if (bytes === undefined || bytes.length === 0) return [];
  const { rows } = tableOf(file, bytes);
  const head = rows[0]?.cells.map((cell) => cell.toLowerCase()) ?? [];
  const [caller, callee] = [head.findIndex((c) => callerNames.has(c)), head.findIndex((c) => calleeNames.has(c))];
  const isNamed = caller >= 0 && callee >= 0;
  return rows.slice(isNamed ? 1 : 0).map(({ line, cells }) => {
    const [from = "", to = ""] = isNamed ? [cells[caller], cells[callee]] : cells;
    if (from !== "" && to !== "") return { from, to };
    throw badFile(file, line, "the row", "give who calls and who is called: `gateway,cart`");
  });
}
