import { currentOf, templateText } from "../../detection/templates/log-template.ts";
import { createTemplateMiner } from "../../detection/templates/miner.ts";

/** Lines by their templates, as these have become at the end; one miner for each place. In the order they come in. */
export function templatesOf(lines: readonly { readonly place: string; readonly line: string }[]): string[] {
  const miners = new Map<string, ReturnType<typeof createTemplateMiner>>();
  const mined = lines.map(({ place, line }) => {
    const miner = miners.get(place) ?? createTemplateMiner();
    miners.set(place, miner);
    return miner.take(line);
  });
  return mined.map((template) => templateText(currentOf(template)));
}
