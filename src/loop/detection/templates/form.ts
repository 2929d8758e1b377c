import { compose, onlySlot, widen, type Filling, type Range } from "./key.ts";
import type { LogTemplate } from "./log-template.ts";
import { mergeSlot, noteWhole, type Slot } from "./slot.ts";

/** One way in which lines are written, but for what varies by nature. Forms that turn out to be one lead into a wider form. */
export interface Form {
  readonly key: string;
  template: LogTemplate;
  into: Form | undefined;
  /** How the slots of `into` are filled from this form's. */
  outward: readonly Filling[];
}

/** The widest form that a form has become; afterwards `into` and `outward` lead there directly. */
export function rootOf(form: Form): Form {
  while (form.into?.into) {
    form.outward = compose(form.into.outward, form.outward);
    form.into = form.into.into;
  }
  return form.into ?? form;
}

/** Makes a form part of a wider one, which has holes in place of the ranges. Their templates become one, by the older one's id. */
export function mergeForm(form: Form, wider: Form, ranges: readonly Range[]): void {
  form.into = wider;
  form.outward = widen(form.key, ranges).fillings;
  const root = rootOf(form);
  const [mine, theirs] = [form.template, root.template];
  for (const [i, filling] of form.outward.entries()) fillSlot(theirs.slots[i], filling, mine);
  const [stays, goes] = mine.order < theirs.order ? [mine, theirs] : [theirs, mine];
  stays.lines = mine.lines + theirs.lines;
  stays.key = root.key;
  stays.slots = theirs.slots;
  goes.into = stays;
  root.template = stays;
}

function fillSlot(slot: Slot | undefined, filling: Filling, { slots, lines }: LogTemplate): void {
  if (!slot) return;
  const only = onlySlot(filling);
  const from = only === undefined ? undefined : slots[only];
  if (from) return mergeSlot(slot, from);
  const value = filling.map((part) => (typeof part === "string" ? part : (slots[part]?.first ?? ""))).join("");
  if (lines > 0) noteWhole(slot, value, filling.length > 1, lines);
}
