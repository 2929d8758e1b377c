import type { Evidence, Hypothesis, PlaceRanking } from "./diagnosis.ts";
import { joinPlaces, type JoinedPlace } from "./places/join-places.ts";
import type { Scene } from "./scene.ts";
import type { Theory } from "./theory.ts";

/** Log-odds that a hypothesis with no evidence at all is right: most are not. */
const prior = -3;
/** Evidence against a hypothesis whose remedy was tried and did not help. */
const triedWeight = 5;
const confidenceMax = 0.99;
/** Less than this is noise; it is not shown. */
const confidenceMin = 0.02;
const hypothesesMax = 10;

/**
 * Theories as ranked hypotheses. Each one's score is its prior plus evidence for minus evidence against, in nats; its confidence is its share
 * among all theories and the one that nothing of this is true (a soft-max with a null of score 0), so it never reaches 1 and shrinks when
 * theories compete. Then the ranking of places is asked, which makes all hypotheses of a place surer or less sure.
 */
export function weighTheories(scene: Scene, found: readonly Theory[], ranking: PlaceRanking | undefined): Hypothesis[] {
  const scored = found.map((theory) => withHistory(scene, theory)).map((theory) => ({ theory, score: score(theory) }));
  const total = 1 + scored.reduce((sum, s) => sum + Math.exp(s.score), 0);
  const shareOf = (all: readonly { readonly score: number }[]): number =>
    Math.min(confidenceMax, all.reduce((sum, s) => sum + Math.exp(s.score), 0) / total);
  const places = new Map([...Map.groupBy(scored, (s) => s.theory.service)].map(([s, all]) => [s, shareOf(all)]));
  const joined = joinPlaces(places, ranking);
  return scored
    .filter((own) => shareOf([own]) >= confidenceMin)
    .map((own) => hypothesis(scene, own.theory, shareOf([own]), joined(own.theory.service)))
    .toSorted((a, b) => b.confidence - a.confidence || (a.id < b.id ? -1 : 1))
    .slice(0, hypothesesMax);
}

function withHistory(scene: Scene, theory: Theory): Theory {
  if (!scene.tried.includes(`${theory.service}/${theory.cause}`)) return theory;
  const failed: Evidence = {
    kind: "remedy-did-not-help",
    weight: triedWeight,
    text: "its remedy was tried in this incident and did not help",
    refs: [],
  };
  return { ...theory, evidenceAgainst: [...theory.evidenceAgainst, failed] };
}

const sum = (all: readonly Evidence[]): number => all.reduce((n, e) => n + e.weight, 0);
const score = (theory: Theory): number => prior + sum(theory.evidenceFor) - sum(theory.evidenceAgainst);

const hypothesis = (scene: Scene, theory: Theory, share: number, place: JoinedPlace): Hypothesis => ({
  id: `${scene.incident.id}/${[theory.service, theory.cause, theory.subject ?? theory.instance].filter(Boolean).join("/")}`,
  ...theory,
  evidenceFor: byWeight([...theory.evidenceFor, ...place.for]),
  evidenceAgainst: byWeight([...theory.evidenceAgainst, ...place.against]),
  confidence: rounded(Math.min(confidenceMax, share * place.factor)),
  placeConfidence: rounded(Math.min(confidenceMax, place.confidence)),
});

const rounded = (share: number): number => Math.round(share * 1000) / 1000;

const byWeight = (all: readonly Evidence[]): Evidence[] =>
  all.toSorted((a, b) => b.weight - a.weight || (a.kind < b.kind ? -1 : 1));
