import { sha256Hex } from "../../../kernel/digest.ts";
import { isVariable, noteMember } from "./context.ts";
import type { FormStore } from "./form-store.ts";
import { mergeForm, rootOf, type Form } from "./form.ts";
import { holesIn, widen, type Range } from "./key.ts";
import { gapsBetween, placesOf } from "./places.ts";
import { emptySlot } from "./slot.ts";

/**
 * The form of a key, learned if it is new. A place becomes variable when a form that is else alike has a hole there, when enough
 * different words stood there, or two that differ in a number; the forms are one then. The idea that few words at the start tell
 * lines apart is of Drain (He et al., ICWS 2017), that the variety of words in a place decides of IPLoM (Makanju et al., KDD 2009)
 * and Brain (Yu et al., TSC 2023).
 */
export function learnForm(store: FormStore, key: string, order: number): Form {
  const known = store.get(key);
  if (known) return known;
  const form = newForm(key, order);
  store.add(form);
  const context = store.context(key);
  context.form = form;
  for (const member of context.members.splice(0)) adopt(store, member.form, member.place, form);
  lookWider(store, form);
  return form;
}

function newForm(key: string, order: number): Form {
  const slots = Array.from({ length: holesIn(key) }, emptySlot);
  const template = { id: sha256Hex(key), order, lines: 0, key, slots, forgotten: false };
  return { key, template, into: undefined, outward: [] };
}

function lookWider(store: FormStore, form: Form): void {
  for (const place of placesOf(form.key)) {
    if (form.into) return;
    const context = store.context(form.key, place);
    if (context.form && rootOf(context.form) !== form && leadsTo(form.key, place, context.form))
      return mergeForm(form, context.form, [place]);
    noteMember(context, form, place);
    if (isVariable(context, place)) learnForm(store, widen(form.key, [place]).key, form.template.order + 0.5);
  }
}

/** Contexts are known by a hash; that two keys are the same is looked at before forms become one. */
const leadsTo = (key: string, place: Range, wider: Form): boolean => widen(key, [place]).key === wider.key;

function adopt(store: FormStore, member: Form, place: Range, wider: Form): void {
  const [a, b] = [rootOf(member), rootOf(wider)];
  if (a === b || !leadsTo(member.key, place, wider)) return;
  if (member.into) join(store, a, b);
  else mergeForm(member, wider, [place]);
}

/** Two forms that lines of a third belong to are one. */
function join(store: FormStore, a: Form, b: Form): void {
  const [ofA, ofB] = [gapsBetween(a.key, b.key), gapsBetween(b.key, a.key)];
  if (!ofA || !ofB) return;
  const both =
    ofA.length === 0 ? a : learnForm(store, widen(a.key, ofA).key, Math.min(a.template.order, b.template.order) + 0.5);
  if (!a.into && rootOf(both) !== a) mergeForm(a, both, ofA);
  if (!b.into && rootOf(both) !== b) mergeForm(b, both, ofB);
}
