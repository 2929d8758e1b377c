import { parsePattern, wordsOf, type Pattern } from "../../loop/diagnosis/signatures/pattern.ts";
import type { Clue, Group, Matcher } from "../../loop/diagnosis/signatures/signature.ts";
import type { WrittenClue, WrittenMember } from "./clue.ts";

export const toClue = ({ weight: nats, ...look }: WrittenClue): Clue => ({ weight: nats, look: toLook(look) });

function toLook(look: Omit<WrittenClue, "weight">): Matcher | Group {
  const given = look as WrittenMember | { readonly type: "any" | "all"; readonly of: readonly WrittenMember[] };
  return "of" in given ? { type: given.type, of: given.of.map(toMatcher) } : toMatcher(given);
}

function toMatcher(look: WrittenMember): Matcher {
  switch (look.type) {
    case "log":
      return { type: "log", says: toPatterns(look.says), unless: toPatterns(look.unless) };
    case "alert":
      return { type: "alert", names: toWords(look.names), labels: toLabels(look.labels) };
    case "metric":
      return {
        type: "metric",
        names: look.names,
        attributes: toLabels(look.attributes),
        condition: toCondition(look),
      };
    case "change":
      return { type: "change", changes: look.changes, withinMs: look.within };
    case "exit":
    case "finding":
    case "target":
    case "calls":
    case "dependency":
      return look;
  }
}

function toCondition({ is, value = 0, shareOf = [] }: Extract<WrittenMember, { type: "metric" }>) {
  if (is === "stops") return { is };
  return is === "above" || is === "below" ? { is, value, shareOf } : { is, value };
}

/** Patterns were parsed when the document was checked. */
const toPatterns = (texts: readonly string[]): Pattern[] =>
  texts.flatMap((text) => {
    const parsed = parsePattern(text);
    return parsed.ok ? [parsed.value] : [];
  });

/** Names are compared word by word, however they are written. */
const toWords = (texts: readonly string[]): Pattern[] => toPatterns(texts.map(wordsOf));

const toLabels = (labels: Readonly<Record<string, readonly string[]>>): Record<string, Pattern[]> =>
  Object.fromEntries(Object.entries(labels).map(([label, texts]) => [label, toWords(texts)]));
