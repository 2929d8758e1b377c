import type { PlaceRanking, RankedPlace } from "../loop/diagnosis/diagnosis.ts";

const shownMax = 3;

/** Where it starts by all telemetry together, with what speaks for and against each place, and what was not there to look at. */
export const rankingLines = ({ places, nothingConfidence, isCredible, missing }: PlaceRanking): string[] => [
  ...(isCredible ? [] : [`  nothing credible: with ${percent(nothingConfidence)} it is none of the places looked at`]),
  ...places.slice(0, shownMax).flatMap(placeLines),
  ...(missing.length > 0 ? [`  not there to look at: ${missing.join(", ")}`] : []),
];

const placeLines = ({
  service,
  confidence,
  dimension,
  instance,
  evidenceFor,
  evidenceAgainst,
}: RankedPlace): string[] => [
  `  ${confidence.toFixed(2)}  ${service}${dimension === undefined ? "" : ` (${dimension})`}${instance ? `, its instance ${instance.name} (${percent(instance.confidence)})` : ""}`,
  ...evidenceFor.map((e) => `        + ${e.text}`),
  ...evidenceAgainst.map((e) => `        - ${e.text}`),
];

const percent = (share: number): string => `${Math.round(share * 100)}%`;
