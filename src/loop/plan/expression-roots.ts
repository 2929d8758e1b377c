const words = new Set(["true", "false", "null", "in"]);
const macros = new Set(["all", "exists", "exists_one", "existsOne", "map", "filter"]);

/** Texts, raw ones first: in them a backslash is a backslash. */
const texts = [
  /[bB]?[rR][bB]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"]*"|'[^']*')/,
  /[bB]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')/,
];
const rest = /\/\/[^\n]*|\d[\w.]*|(\.\s*)?([A-Za-z_]\w*)(\s*\()?/;
/** A token: an identifier with what stands around it. Texts and comments match too, so that their content never counts. */
const token = new RegExp([...texts, rest].map((part) => part.source).join("|"), "g");

/**
 * The variables a CEL expression reads, sorted: `target` for `target.instances.all(i, i.alive)`. Works on the text, so it
 * also answers for expressions that do not parse; variables bound by a macro are left out, functions and members too.
 */
export function expressionRoots(expression: string): string[] {
  const roots = new Set<string>();
  const bound = new Set<string>();
  for (const match of expression.matchAll(token)) {
    const [, dot, name, call] = match;
    if (name === undefined) continue;
    if (dot !== undefined && call !== undefined && macros.has(name)) {
      const variable = /^\s*([A-Za-z_]\w*)\s*,/.exec(expression.slice(match.index + match[0].length));
      if (variable?.[1]) bound.add(variable[1]);
    }
    if (dot === undefined && call === undefined && !words.has(name)) roots.add(name);
  }
  return [...roots].filter((name) => !bound.has(name)).toSorted();
}
