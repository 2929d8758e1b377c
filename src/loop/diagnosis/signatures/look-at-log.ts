import { cutText } from "../../../kernel/cut-text.ts";
import type { NotableLine } from "../../detection/notable-line.ts";
import { clock } from "../../detection/describe.ts";
import { shownOnOneLine } from "../../../kernel/one-line.ts";
import type { Observations } from "./observations.ts";
import { matchesPattern, type Pattern } from "./pattern.ts";
import { missing, seen, unseen, type Answer } from "./sighting.ts";
import type { LogMatcher } from "./signature.ts";
import { searched, type Vocabulary } from "./vocabulary.ts";

/** Lines this long before the first symptom may still tell of it. */
const leadMs = 120_000;
/** What was written this long before it already is no news: then it speaks less. */
const oldMs = 600_000;
const oldShare = 0.4;
/** Different lines of a service that are looked at (I11). */
const linesMax = 100;
const shownMax = 160;

/** Recent lines of a service, each with the patterns it matches. */
export type ReadLines = readonly { readonly line: NotableLine; readonly says: ReadonlySet<string> }[];

export const readLines = ({ lines, onsetMs }: Observations, vocabulary: Vocabulary): ReadLines | undefined =>
  lines
    ?.filter((l) => l.lastMs >= onsetMs - leadMs)
    .toSorted((a, b) => b.lastMs - a.lastMs)
    .slice(0, linesMax)
    .map((line) => ({ line, says: vocabulary.matches(line.text) }))
    .filter(({ says }) => says.size > 0);

export function lookAtLog({ says, unless }: LogMatcher, read: ReadLines | undefined, at: Observations): Answer {
  if (!read) return missing(`log of ${at.service}`);
  const found = read.filter((r) => says.some((p) => r.says.has(p.text)) && !isExcepted(unless, r.line.text));
  const [first] = found.toSorted((a, b) => b.line.severity - a.line.severity || b.line.lastMs - a.line.lastMs);
  if (!first) return unseen;
  const fresh = found.some(({ line }) => line.firstMs >= at.onsetMs - oldMs);
  const count = found.reduce((n, { line }) => n + line.count, 0);
  const sinceMs = Math.min(...found.map(({ line }) => line.firstMs));
  const times = count === 1 ? "once" : `${count} times`;
  const old = fresh ? "" : ", as it did long before the first symptom";
  return seen("log-says", `its log says ${times} since ${clock(sinceMs)}: ${shown(first.line.text)}${old}`, {
    refs: found.flatMap(({ line }) => (line.finding === undefined ? [] : [line.finding])),
    share: fresh ? 1 : oldShare,
  });
}

const isExcepted = (unless: readonly Pattern[], text: string): boolean =>
  unless.length > 0 && searched(text).some((line) => unless.some((p) => matchesPattern(p, line)));

function shown(text: string): string {
  const line = shownOnOneLine(text.slice(0, shownMax + 1));
  return line.length > shownMax ? `${cutText(line, shownMax)}…` : line;
}
