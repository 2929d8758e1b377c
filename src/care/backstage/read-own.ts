import { join } from "node:path";
import type { CareError } from "../../loop/signal/care-error.ts";
import { checkServices } from "../check-references.ts";
import { collect, type Collected } from "../collect.ts";
import { readTree, treeLimits, type SourceText } from "../read-tree.ts";
import { parseSource } from "../source-document.ts";
import { fileError } from "./read-descriptor.ts";

/** A care repo as it is before an import. */
interface Own {
  readonly sources: readonly SourceText[];
  readonly services: Collected["services"];
  readonly errors: readonly CareError[];
}

/** What the care repo says so far: to be joined, its services have to be right by themselves. */
export async function readOwn(care: string): Promise<Own> {
  const { sources, errors } = await readTree(care);
  const parsed = sources.filter((s) => !s.file.endsWith(".cedar")).map((s) => parseSource(s.file, s.text));
  const collected = collect(parsed.flatMap((p) => p.documents));
  const all = [
    ...errors,
    ...parsed.flatMap((p) => p.errors),
    ...collected.errors,
    ...checkServices(collected.services),
  ];
  return {
    sources,
    services: collected.services,
    errors: all.map((e) => ({ ...e, file: join(care, e.file) })),
  };
}

/** Whether the care repo would be refused with them: what is written must be right. */
export function misfits(services: readonly { readonly file: string; readonly text: string }[], own: Own): CareError[] {
  const parsed = services.map((s) => parseSource(s.file, s.text));
  const added = collect(parsed.flatMap((p) => p.documents));
  const bytes = [...own.sources, ...services].reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const isTooMuch = own.sources.length + services.length > treeLimits.filesMax || bytes > treeLimits.bytesMax;
  const most = `at most ${treeLimits.filesMax} files and ${treeLimits.bytesMax} bytes`;
  return [
    ...parsed.flatMap((p) => p.errors),
    ...added.errors,
    ...checkServices([...own.services, ...added.services]),
    ...(isTooMuch ? [fileError("services", "the care repo would be too large", most, "import fewer files")] : []),
  ];
}
