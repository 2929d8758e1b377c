// Upholds I9: what a text says makes a theory more credible, but never names an instance, a change or a file to act upon.
import type { Evidence, Explanation } from "../diagnosis.ts";
import { evidence, type Theory } from "../theory.ts";
import { lookAtLog, readLines, type ReadLines } from "./look-at-log.ts";
import { lookAtMetric } from "./look-at-metric.ts";
import { lookAtAlerts, lookAtCalls, lookAtChanges, lookAtFindings } from "./look-at-signals.ts";
import { lookAtDependencies, lookAtExits, lookAtTarget } from "./look-at-target.ts";
import type { Observations } from "./observations.ts";
import { missing, unseen, type Answer, type Sighting } from "./sighting.ts";
import { tellingMin, weightsMax, type Clue, type Group, type Matcher, type Signature } from "./signature.ts";
import { vocabularyOf } from "./vocabulary.ts";

/** Theories of one service that signatures may add: more would only dilute each other (I11). */
const theoriesMax = 3;
/** Names of what was not there that one theory lists. */
const missingMax = 8;

/** What signatures make of a service: the strongest theories first, at most three, each with what it rests on. Pure and deterministic. */
export const matchSignatures = (signatures: readonly Signature[], at: Observations): Theory[] =>
  weigh(signatures, at)
    .filter((w) => w.for >= tellingMin && w.for > w.against)
    .slice(0, theoriesMax)
    .map((w) => w.theory);

/** A signature's theory with its weight for and against, in nats, whether or not it is worth telling. */
export interface Weighed {
  readonly signature: string;
  readonly for: number;
  readonly against: number;
  readonly theory: Theory;
}

/** Every signature weighed, the most credible first. */
export function weigh(signatures: readonly Signature[], at: Observations): Weighed[] {
  const read = readLines(at, vocabularyOf(signatures));
  return signatures
    .map((signature) => weighOne(signature, at, read))
    .toSorted((a, b) => b.for - b.against - (a.for - a.against) || (a.signature < b.signature ? -1 : 1));
}

function weighOne(signature: Signature, at: Observations, read: ReadLines | undefined): Weighed {
  const answers = signature.for.map((clue) => ({ clue, answer: look(clue.look, at, read) }));
  const evidenceFor = bounded(answers.flatMap(speaks));
  const evidenceAgainst = bounded(
    signature.against.map((clue) => ({ clue, answer: look(clue.look, at, read) })).flatMap(speaks),
  );
  const instances = new Set(
    answers.flatMap(({ answer }) => (answer.is === "seen" ? (answer.sighting.instance ?? []) : [])),
  );
  const [instance] = instances.size === 1 ? instances : [];
  const gone = answers.flatMap(({ answer }) => (answer.is === "missing" ? [answer.what] : []));
  const { name, version, title, advice, cause } = signature;
  const explanation: Explanation = {
    signature: name,
    version,
    title,
    advice,
    missing: [...new Set(gone)].slice(0, missingMax),
  };
  return {
    signature: name,
    for: sum(evidenceFor),
    against: sum(evidenceAgainst),
    theory: {
      service: at.service,
      cause,
      ...(instance === undefined ? {} : { instance }),
      evidenceFor,
      evidenceAgainst,
      explanations: [explanation],
    },
  };
}

const sum = (all: readonly Evidence[]): number => all.reduce((n, e) => n + e.weight, 0);

const speaks = ({ clue, answer }: { readonly clue: Clue; readonly answer: Answer }): Evidence[] =>
  answer.is === "seen" ? [evidenceOf(answer.sighting, clue.weight)] : [];

const evidenceOf = ({ kind, text, refs, share }: Sighting, weight: number): Evidence =>
  evidence(kind, Math.round(weight * share * 100) / 100, text, refs);

/** The strongest first, and no more together than `weightsMax`: the last that fits counts for what is left. */
export function bounded(all: readonly Evidence[], most: number = weightsMax): Evidence[] {
  let left = most;
  return all
    .toSorted((a, b) => b.weight - a.weight)
    .flatMap((e) => {
      const weight = Math.round(Math.min(e.weight, left) * 100) / 100;
      left -= weight;
      return weight > 0 ? [{ ...e, weight }] : [];
    });
}

function look(matcher: Matcher | Group, at: Observations, read: ReadLines | undefined): Answer {
  switch (matcher.type) {
    case "log":
      return lookAtLog(matcher, read, at);
    case "alert":
      return lookAtAlerts(matcher, at);
    case "exit":
      return lookAtExits(matcher, at);
    case "metric":
      return lookAtMetric(matcher, at);
    case "finding":
      return lookAtFindings(matcher, at);
    case "change":
      return lookAtChanges(matcher, at);
    case "target":
      return lookAtTarget(matcher, at);
    case "calls":
      return lookAtCalls(matcher, at);
    case "dependency":
      return lookAtDependencies(matcher, at);
    case "any":
      return anyOf(matcher.of.map((m) => look(m, at, read)));
    case "all":
      return allOf(matcher.of.map((m) => look(m, at, read)));
  }
}

function anyOf(answers: readonly Answer[]): Answer {
  const seen = answers.filter((a) => a.is === "seen").toSorted((a, b) => b.sighting.share - a.sighting.share)[0];
  if (seen) return seen;
  return answers.every((a) => a.is === "missing") ? lacking(answers) : unseen;
}

function allOf(answers: readonly Answer[]): Answer {
  const seen = answers.flatMap((a) => (a.is === "seen" ? [a.sighting] : []));
  if (answers.some((a) => a.is === "unseen")) return unseen;
  if (seen.length < answers.length) return lacking(answers);
  const instances = new Set(seen.flatMap((s) => s.instance ?? []));
  const [instance] = instances.size === 1 ? instances : [];
  return {
    is: "seen",
    sighting: {
      kind: "seen-together",
      text: seen.map((s) => s.text).join("; and "),
      refs: seen.flatMap((s) => s.refs),
      share: Math.min(...seen.map((s) => s.share)),
      ...(instance === undefined ? {} : { instance }),
    },
  };
}

const lacking = (answers: readonly Answer[]): Answer =>
  missing(answers.flatMap((a) => (a.is === "missing" ? [a.what] : [])).join(", "));
