import type { LearnedPart, Restoring } from "../../loop/detection/learned/learned-part.ts";
import type { LearnedRow, LearnedStore } from "../../ports/store.ts";

const pageRows = 200;
const readTimeMs = 30_000;

/** How many streams went which way at the start. */
export type Went = Record<Restoring, number>;

/** Gives detectors what was kept for them, in 30 s at most; the reason when that was not all. Rows that cannot be used are counted. */
export async function readLearned(
  learned: readonly LearnedPart[],
  store: LearnedStore,
  nowMs: number,
  went: Went,
): Promise<string> {
  const untilMs = performance.now() + readTimeMs;
  try {
    for (const part of learned) await readPart(part, store, nowMs, went, untilMs);
    return performance.now() > untilMs ? `it took more than ${readTimeMs / 1_000} s` : "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function readPart(part: LearnedPart, store: LearnedStore, nowMs: number, went: Went, untilMs: number) {
  for (let after: string | undefined = ""; after !== undefined && performance.now() <= untilMs;) {
    const page = await store.read(part.kind, nowMs - part.usefulMs, after, pageRows);
    went.damaged += page.damaged;
    for (const row of page.rows) went[restore(part, row, nowMs)]++;
    after = page.next;
  }
}

function restore(part: LearnedPart, { format, state }: LearnedRow, nowMs: number): Restoring {
  if (format !== part.format) return "damaged";
  try {
    return part.restore(JSON.parse(state), nowMs);
  } catch {
    return "damaged";
  }
}
