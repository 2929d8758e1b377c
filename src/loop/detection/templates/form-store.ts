import { contextHash, emptyContext, noteMember, type Context } from "./context.ts";
import { rootOf, type Form } from "./form.ts";
import type { Range } from "./key.ts";
import type { LogTemplate } from "./log-template.ts";
import { placesOf } from "./places.ts";

/** Forms by their key, and contexts by theirs. */
export interface FormStore {
  get(key: string): Form | undefined;
  add(form: Form): void;
  /** The context of a key, with a hole in place of the range if there is one. Made if there is none. */
  context(key: string, range?: Range): Context;
  /** Forms kept, and templates that were let go. */
  size(): number;
  forgotten(): number;
}

/**
 * Keeps the `formsMax` to `2.5 * formsMax` forms used last, and lets go of others by whole generations (I11): what was not seen
 * for a generation, and with it templates none of whose forms are left. Contexts begin anew, with the forms
 * that stay and were seen more than once.
 */
export function createFormStore(formsMax: number): FormStore {
  let young = new Map<string, Form>();
  let old = new Map<string, Form>();
  let contexts = new Map<number, Context>();
  let forgotten = 0;

  function contextAt(hash: number): Context {
    const known = contexts.get(hash);
    if (known) return known;
    const fresh = emptyContext();
    contexts.set(hash, fresh);
    return fresh;
  }

  function set(key: string, form: Form): void {
    if (young.size >= formsMax) turn();
    young.set(key, form);
  }

  function turn(): void {
    const leaving = old;
    old = withRoots(young, formsMax / 2);
    young = new Map();
    contexts = new Map();
    for (const form of old.values()) if (!form.into && form.template.lines > 1) introduce(form);
    forgotten += forget(leaving, old);
  }

  function introduce(form: Form): void {
    contextAt(contextHash(form.key)).form = form;
    for (const place of placesOf(form.key))
      noteMember(contextAt(contextHash(form.key, place.start, place.end)), form, place);
  }

  return {
    get(key) {
      const form = young.get(key);
      if (form) return form;
      const elder = old.get(key);
      if (elder) set(key, elder);
      return elder;
    },
    add: (form) => set(form.key, form),
    context: (key, range) => contextAt(contextHash(key, range?.start, range?.end)),
    size: () => young.size + old.size,
    forgotten: () => forgotten,
  };
}

/** The forms, and of those they have become the ones with most lines. */
function withRoots(forms: ReadonlyMap<string, Form>, rootsMax: number): Map<string, Form> {
  const roots = new Set([...forms.values()].map(rootOf).filter((root) => !forms.has(root.key)));
  const kept = [...roots].toSorted((a, b) => b.template.lines - a.template.lines).slice(0, rootsMax);
  return new Map([...forms, ...kept.map((root) => [root.key, root] as const)]);
}

function forget(leaving: ReadonlyMap<string, Form>, staying: ReadonlyMap<string, Form>): number {
  const live = new Set<LogTemplate>([...staying.values()].map((form) => rootOf(form).template));
  let count = 0;
  for (const form of leaving.values()) {
    const { template } = rootOf(form);
    if (live.has(template) || template.forgotten) continue;
    template.forgotten = true;
    count++;
  }
  return count;
}
