import type { Evidence } from "../diagnosis.ts";
import { evidence, type Theory } from "../theory.ts";
import { bounded } from "./match-signatures.ts";
import { weightsMax } from "./signature.ts";

/** What signatures may add, in nats, to a theory that code established by looking: it confirms, it does not decide (I9). */
const confirmsMax = 2;

/**
 * Theories told in code with those of signatures. Where both name the same cause, and the same instance if each names one, it
 * is one theory: the signature's evidence is added but for what code counted already, which has the same word.
 */
export function joinTheories(coded: readonly Theory[], matched: readonly Theory[]): Theory[] {
  const joined = coded.map((c) => matched.filter((m) => isSame(c, m)).reduce(confirm, c));
  const others = together(matched.filter((m) => !coded.some((c) => isSame(c, m))));
  return [...joined, ...(coded.some(isFreshChange) ? others.map(mayFollow) : others)];
}

/** A change right before, or a state that is not the one known to be good. */
const changed: ReadonlySet<string> = new Set([
  "change-before-onset",
  "release-not-known-good",
  "config-not-known-good",
  "flag-not-known-good",
]);
const isFreshChange = ({ cause, evidenceFor }: Theory): boolean =>
  cause.startsWith("bad-") && evidenceFor.some((e) => changed.has(e.kind));

/** How a service fails is no rival of what made it: an address that was changed refuses connections too. */
const mayFollow = (theory: Theory): Theory => ({
  ...theory,
  evidenceAgainst: [
    ...theory.evidenceAgainst,
    evidence("may-follow-from-a-change", 5, "the service was changed right before, which may have led to this"),
  ],
});

const isSame = (a: Theory, b: Theory): boolean =>
  a.cause === b.cause && (a.instance === undefined || b.instance === undefined || a.instance === b.instance);

function confirm(coded: Theory, matched: Theory): Theory {
  return {
    ...coded,
    evidenceFor: [...coded.evidenceFor, ...bounded(unknownTo(coded.evidenceFor, matched.evidenceFor), confirmsMax)],
    evidenceAgainst: [...coded.evidenceAgainst, ...unknownTo(coded.evidenceAgainst, matched.evidenceAgainst)],
    ...explained(coded, matched),
  };
}

const unknownTo = (known: readonly Evidence[], found: readonly Evidence[]): Evidence[] =>
  found.filter((e) => !known.some((k) => k.kind === e.kind));

/** Two signatures that name one cause make one theory: what both saw counts once. */
function together(matched: readonly Theory[]): Theory[] {
  const first = new Map<string, Theory>();
  for (const m of matched) {
    const key = JSON.stringify([m.cause, m.instance ?? ""]);
    const known = first.get(key);
    first.set(key, known ? merge(known, m) : m);
  }
  return [...first.values()];
}

const merge = (a: Theory, b: Theory): Theory => ({
  ...a,
  evidenceFor: bounded([...a.evidenceFor, ...newText(a.evidenceFor, b.evidenceFor)], weightsMax),
  evidenceAgainst: bounded([...a.evidenceAgainst, ...newText(a.evidenceAgainst, b.evidenceAgainst)], weightsMax),
  ...explained(a, b),
});

const newText = (known: readonly Evidence[], found: readonly Evidence[]): Evidence[] =>
  found.filter((e) => !known.some((k) => k.kind === e.kind && k.text === e.text));

const explained = (a: Theory, b: Theory): Pick<Theory, "explanations"> => ({
  explanations: [...(a.explanations ?? []), ...(b.explanations ?? [])],
});
