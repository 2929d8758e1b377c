/** How well templates were found, by the measures of loghub-2.0 (Jiang et al., ISSTA 2024); all are shares. */
export interface TemplateScores extends Readonly<Record<string, number>> {
  readonly GA: number;
  readonly FGA: number;
  readonly PA: number;
  readonly FTA: number;
}

/**
 * Compares the templates of lines with the true ones. A group is all lines with the same template text. GA: share of lines whose group is
 * exactly a true one; FGA: F1 over groups; PA: share of lines whose text is exact; FTA: F1 over groups that are exact and have the
 * true text.
 */
export function scoreTemplates(truth: readonly string[], found: readonly string[]): TemplateScores {
  const [truly, groups] = [groupsOf(truth), groupsOf(found)];
  let [lines, exact, named] = [0, 0, 0];
  for (const [text, members] of groups) {
    const name = truth[members[0] as number] as string;
    if (truly.get(name)?.length !== members.length || members.some((i) => truth[i] !== name)) continue;
    lines += members.length;
    exact++;
    named += Number(text === name);
  }
  const f1 = (right: number) => (2 * right) / (groups.size + truly.size);
  const same = truth.filter((text, i) => text === found[i]).length;
  return { GA: lines / truth.length, FGA: f1(exact), PA: same / truth.length, FTA: f1(named) };
}

const groupsOf = (texts: readonly string[]): Map<string, number[]> =>
  Map.groupBy(
    texts.map((_, i) => i),
    (i) => texts[i] as string,
  );
