import type { Evidence } from "../diagnosis.ts";
import type { Clue } from "./clue.ts";
import type { Suspect } from "./ranking.ts";
import { percent, shortened } from "./words.ts";

/** Less than this many nats is not worth a line. */
const wordMin = 0.5;
/** What somebody changed is worth one sooner. */
const changeMin = 0.1;
/** What explains less than this share of the harm is said to be too small. */
const shareSmall = 0.5;
/** A clue of this many nats would have counted, had it explained more. */
const natsTelling = 3;

/** Says what speaks for and against a place, the weightiest first, and what moved there most tellingly. */
export function explain(
  best: readonly { readonly clue: Clue; readonly weight: number }[],
  asideNats: number,
): Pick<Suspect, "dimension" | "resource" | "sinceMs" | "evidenceFor" | "evidenceAgainst"> {
  const speaking = best
    .filter((b) => b.weight >= (b.clue.kind === "changes" ? changeMin : wordMin))
    .toSorted((a, b) => b.weight - a.weight);
  const first = speaking[0]?.clue;
  const resource = speaking.find(({ clue }) => clue.kind === "resource")?.clue.dimension;
  return {
    ...(first ? { dimension: first.dimension } : {}),
    ...(resource === undefined ? {} : { resource }),
    ...(first?.sinceMs !== undefined && Number.isFinite(first.sinceMs) ? { sinceMs: first.sinceMs } : {}),
    evidenceFor: speaking.map(({ clue, weight }) => told(clue.kind, weight, said(clue))),
    evidenceAgainst: [...best.flatMap(({ clue }) => against(clue)), ...aside(asideNats)],
  };
}

/** A log template may be as long as a line. */
const dimensionMax = 160;

/** What moved, and how; a change says by itself what it is. */
const said = ({ kind, dimension, text }: Clue): string =>
  kind === "changes" ? `changed: ${text}` : `${shortened(dimension, dimensionMax)}: ${text}`;

/** By kind of evidence, that there is nothing to see in it. */
const calm: Readonly<Record<Clue["kind"], string>> = {
  resource: "its measures are",
  requests: "its requests are",
  spans: "its spans take as long",
  logs: "its log lines are",
  changes: "its releases are",
};

function against({ kind, dimension, nats, share }: Clue): Evidence[] {
  if (share !== undefined && share < shareSmall && nats >= natsTelling) {
    const text = `${shortened(dimension, dimensionMax)} is off, but explains only ${percent(share)} of the harm`;
    return [told("explains-little", -Math.log(Math.max(share, 1e-6)), text)];
  }
  return nats < wordMin ? [told("as-usual", wordMin, `${calm[kind]} as usual`)] : [];
}

const aside = (nats: number): Evidence[] =>
  nats > 0 ? [told("aside", nats, "no request that was seen or can be hurt comes by it")] : [];

const told = (kind: string, weight: number, text: string): Evidence => ({ kind, weight, text, refs: [] });
