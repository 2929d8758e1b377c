import type { Form } from "./form.ts";
import type { Place } from "./places.ts";

/** Different words in one place, everything else alike, after which the place is variable; more where a line begins. */
const wordsMany = 3;
const wordsManyFirst = 12;
/** Forms remembered of one context (I11). */
const membersMax = 24;

interface Member {
  readonly form: Form;
  readonly place: Place;
}

/** A key with a hole in one place, whether it was seen or not, and what stood in that place in forms that are else alike. */
export interface Context {
  /** The form with that key, once there is one. */
  form: Form | undefined;
  members: Member[];
  readonly words: string[];
  /** Two words were the same but for their numbers. */
  alike: boolean;
}

export const emptyContext = (): Context => ({ form: undefined, members: [], words: [], alike: false });

/** Notes a form that would have the context's key, had it a hole in that place. */
export function noteMember(context: Context, form: Form, place: Place): void {
  const { word } = place;
  if (context.members.length < membersMax) context.members.push({ form, place });
  if (word === undefined || context.words.length >= wordsManyFirst || context.words.includes(word)) return;
  context.alike ||= context.words.some((other) => differInNumber(word, other));
  context.words.push(word);
}

/** Whether what was seen in the place tells that it is variable. */
export const isVariable = ({ words, alike }: Context, { isFirst }: Place): boolean =>
  alike || words.length >= (isFirst ? wordsManyFirst : wordsMany);

const numberless = (word: string): string => word.replace(/\d+/g, "0");
const differInNumber = (a: string, b: string): boolean => /\d/.test(a) && numberless(a) === numberless(b);

/** 52 bits that stand for a key with a hole in place of `[start, end)`. */
export function contextHash(key: string, start = 0, end = 0): number {
  let [a, b] = [0x811c9dc5, 0x1234567];
  for (let i = 0; i < key.length; i = i === start && end > start ? end : i + 1) {
    const code = i === start && end > start ? 1 : key.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995) ^ (b >>> 15);
  }
  return (a >>> 0) * 0x10_0000 + (b >>> 12);
}
