// Cedar's parser calls itself for each level and each link of a chain. Beyond its stack it does not answer an error: it breaks,
// and with it the engine that running decisions ask. So what could be too deep never reaches it (I7, I11).
import { skipQuiet } from "./split-policies.ts";

/** Brackets within brackets, and operators, members and conditions of one policy; far below what Cedar's stack takes. */
const depthMax = 40;
const linksMax = 1_000;

const link = /\.|&&|\|\||[-+*[]|\bif\b/y;

/** What of a file is too deep or too long for Cedar, and where; undefined when nothing is. */
export function beyondBounds(text: string): { offset: number; message: string; expected: string } | undefined {
  let [depth, links] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const after = skipQuiet(text, at);
    if (after > at) {
      at = after - 1;
      continue;
    }
    const character = text.charAt(at);
    if (character === ";") [depth, links] = [0, 0];
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    link.lastIndex = at;
    if (link.test(text)) links += 1;
    if (depth > depthMax)
      return {
        offset: at,
        message: `nested more than ${depthMax} levels deep`,
        expected: `at most ${depthMax} levels`,
      };
    if (links > linksMax)
      return {
        offset: at,
        message: `the policy has more than ${linksMax} operators and members`,
        expected: `at most ${linksMax} of them in one policy`,
      };
  }
  return undefined;
}
