// Upholds I7: of two answers that differ the more careful one counts, and what could not be looked at makes none surer.
import type { Evidence, PlaceRanking } from "../diagnosis.ts";
import { evidence } from "../theory.ts";

/** How sure it is that it starts at one service, before and after the ranking was asked, and what that one says. */
export interface JoinedPlace {
  readonly confidence: number;
  /** The confidence of each hypothesis of the place changes by this factor. */
  readonly factor: number;
  readonly for: readonly Evidence[];
  readonly against: readonly Evidence[];
}

/** Confidences have to stay within, so that odds can be told. */
const within = (share: number): number => Math.min(0.999, Math.max(0.001, share));
const logOdds = (share: number): number => Math.log(within(share) / (1 - within(share)));
const percent = (share: number): string => `${Math.round(share * 100)}%`;

/**
 * Joins what findings and calls say of where it starts with what all telemetry together says. Where both put the same service first, the
 * ranking's confidence counts, for it is calibrated. Where they differ, no service is surer than before, and none but the ranking's first
 * surer than what that leaves. A ranking that finds nothing credible changes nothing: it is on record. Lines of logs alone make none surer. Confidences together stay at most 1.
 */
export function joinPlaces(
  byBlame: ReadonlyMap<string, number>,
  ranking: PlaceRanking | undefined,
): (service: string) => JoinedPlace {
  const before = (service: string): number => byBlame.get(service) ?? 0;
  const first = ranking?.isCredible ? ranking.places[0] : undefined;
  if (!first) return (service) => joined(before(service), before(service));
  const most = Math.max(0, ...byBlame.values());
  const tied = (ranking?.places ?? []).filter((p) => p.confidence === first.confidence);
  const agreed = tied.find((p) => before(p.service) === most && most > 0);
  const top = agreed ?? first;
  const sure = agreed && !isMeasured(agreed) ? Math.min(most, agreed.confidence) : top.confidence;
  const says = `all telemetry together says ${top.service}, ${percent(top.confidence)} sure`;
  const left = agreed && sure > most ? (1 - sure) / (1 - most) : 1;
  return (service) => {
    const was = before(service);
    if (service === agreed?.service) return joined(was, sure, reasonOf(agreed));
    if (service === top.service) return joined(was, Math.min(was, sure), reasonOf(top));
    return joined(was, Math.min(was * left, 1 - sure), says);
  };
}

/** What logs say is text, and what changed may be a bystander: without a measure of what fares badly neither makes a place surer (I9). */
const measures: ReadonlySet<string> = new Set(["requests", "resource", "spans"]);
const isMeasured = ({ evidenceFor }: PlaceRanking["places"][number]): boolean =>
  evidenceFor.some((e) => measures.has(e.kind));

const reasonOf = ({ confidence, evidenceFor }: PlaceRanking["places"][number]): string =>
  [`all telemetry together says so, ${percent(confidence)} sure`, ...evidenceFor.slice(0, 1).map((e) => e.text)].join(
    ": ",
  );

/** What the ranking says is told with as many nats as it changed. */
function joined(was: number, is: number, text?: string): JoinedPlace {
  const nats = Math.round((logOdds(is) - logOdds(was)) * 100) / 100;
  const said = (kind: string): Evidence[] => (text === undefined ? [] : [evidence(kind, Math.abs(nats), text)]);
  return {
    confidence: is,
    factor: was > 0 ? is / was : 1,
    for: nats > 0 ? said("ranked-first") : [],
    against: nats < 0 ? said("ranked-otherwise") : [],
  };
}
