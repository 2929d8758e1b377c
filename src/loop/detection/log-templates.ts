import { sha256Hex } from "../../kernel/digest.ts";

/** Tokens looked at per line, characters per token, and templates kept per service (I11). */
const tokensMax = 40;
const tokenMax = 60;
const templatesMax = 400;
/** Share of tokens that must be the same for a line to belong to a template. */
const alike = 0.6;
const hole = "<*>";

/** A line's shape: its fixed words, and holes where lines of that shape differ. */
export interface LogTemplate {
  /** Hex digest of the first line's words; stays when words become holes. */
  readonly id: string;
  tokens: string[];
}

export interface LogTemplates {
  /** The template a line belongs to, made if there is none yet. `undefined` when too many are known. */
  match(body: string): LogTemplate | undefined;
  size(): number;
}

/**
 * Finds the shapes of log lines as they come: what varies by nature is masked, then lines are compared with the templates of
 * the same length and first word, and the words in which they differ become holes (after Drain: He et al., ICWS 2017).
 */
export function createLogTemplates(): LogTemplates {
  const groups = new Map<string, LogTemplate[]>();
  let made = 0;
  return {
    match(body) {
      const tokens = maskedTokens(body);
      const key = `${tokens.length} ${tokens[0] ?? ""}`;
      const group = groups.get(key) ?? [];
      const known = group.find((t) => similarity(t.tokens, tokens) >= alike);
      if (known) {
        known.tokens = known.tokens.map((token, i) => (token === tokens[i] ? token : hole));
        return known;
      }
      if (made >= templatesMax) return undefined;
      made++;
      const fresh = { id: sha256Hex(tokens.join(" ")), tokens };
      groups.set(key, [...group, fresh]);
      return fresh;
    },
    size: () => made,
  };
}

export const templateText = (template: LogTemplate): string => template.tokens.join(" ");

/** Words of a line; whatever holds a digit, is quoted or very long is a hole. */
function maskedTokens(body: string): string[] {
  const words = body
    .slice(0, 2_000)
    .trim()
    .split(/[\s,;]+/, tokensMax);
  return words.map((word) => (isVariable(word) ? hole : word.slice(0, tokenMax)));
}

const isVariable = (word: string): boolean => /\d/.test(word) || word.length > tokenMax || /^["'`].*["'`]$/.test(word);

function similarity(a: readonly string[], b: readonly string[]): number {
  let same = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) same++;
  return a.length === 0 ? 1 : same / a.length;
}
