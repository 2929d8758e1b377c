import type { PlaceRanking, RankedPlace } from "../diagnosis.ts";
import { rank } from "../rank/rank.ts";
import type { Suspect } from "../rank/ranking.ts";
import type { Scene } from "../scene.ts";
import { instanceOf } from "./instance-of.ts";
import { recordingOf } from "./recording-of.ts";

/** Places that are told, and lines of evidence of each (I11). */
const placesMax = 5;
const evidenceMax = 4;
/** Less than this is not worth a line. */
const confidenceMin = 0.01;

/** Ranks services by the shipped ranking, the one that benchmarks measure, and tells which instance of the likeliest stands out. */
export function rankPlaces(scene: Scene, services: readonly string[]): PlaceRanking {
  const { recording, left } = recordingOf(scene, services);
  const { suspects, nothingConfidence, isCredible, missing } = rank(recording);
  const told = suspects.filter((s) => s.confidence >= confidenceMin).slice(0, placesMax);
  return {
    places: told.map((s) => placeOf(scene, s)),
    nothingConfidence: rounded(nothingConfidence),
    isCredible,
    missing: [...missing, ...left],
  };
}

function placeOf(scene: Scene, { place, confidence, dimension, resource, sinceMs, ...said }: Suspect): RankedPlace {
  const instance = instanceOf(scene, place);
  return {
    service: place,
    confidence: rounded(confidence),
    ...(dimension === undefined ? {} : { dimension }),
    ...(resource === undefined ? {} : { resource }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(instance ? { instance } : {}),
    evidenceFor: said.evidenceFor.slice(0, evidenceMax).map((e) => ({ ...e, weight: rounded(e.weight) })),
    evidenceAgainst: said.evidenceAgainst.slice(0, evidenceMax).map((e) => ({ ...e, weight: rounded(e.weight) })),
  };
}

const rounded = (share: number): number => Math.round(share * 1000) / 1000;
