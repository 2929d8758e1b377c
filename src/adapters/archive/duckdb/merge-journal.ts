import { readFile } from "node:fs/promises";
import { z } from "zod";

/** What a merge is about to do: `into` takes the place of `from`, all in one folder. */
const journalForm = z.strictObject({ into: z.string(), from: z.array(z.string()) });
export type MergeJournal = z.infer<typeof journalForm>;

/** The journal of a merge into a file, and the file of a journal. */
export const journalOf = (path: string): string => path.replace(/\.parquet$/, ".merge.json");
export const pathOf = (journal: string): string => journal.replace(/\.merge\.json$/, ".parquet");

/** Undefined when it is damaged. Rejects when it cannot be read now. */
export async function readJournal(path: string): Promise<MergeJournal | undefined> {
  const text = await readFile(path, "utf8");
  try {
    return journalForm.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
