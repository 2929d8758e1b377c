import { digestOf } from "../../../kernel/digest.ts";
import { clock } from "../describe.ts";
import type { Contribution, Finding } from "../finding.ts";
import type { Watched } from "../watched.ts";

/** Dimensions told in words; the shares of all are. */
const toldMax = 3;

/** What several dimensions showed at a time. */
export interface Told {
  readonly chance: number;
  readonly contributions: readonly Contribution[];
}

/** The finding about several dimensions of one service: what is seen of each, and what each contributes. */
export function jointFinding(
  { service, environment }: { readonly service: string; readonly environment: string },
  { chance, contributions }: Told,
  { firing, sinceMs, evidenceMs, look }: Watched,
  nowMs: number,
): Finding {
  const shares = contributions.map(shareText).join(", ");
  const texts = contributions.slice(0, toldMax).map((c) => c.text);
  return {
    id: `${service}/joint@${environment}`,
    service,
    environment,
    dimension: "joint",
    state: firing ? "firing" : "cleared",
    direction: "below",
    expected: look?.expected ?? null,
    observed: firing ? chance : 1,
    unit: "chance",
    unusualness: 1 - chance,
    sinceMs,
    atMs: firing ? evidenceMs : nowMs,
    agreeing: [],
    telemetry: digestOf({ service, environment, contributions }),
    contributions,
    summary: firing
      ? `${service}: unusual together (${shares}), since ${clock(sinceMs)}: ${texts.join("; ")}`
      : `${service}: not unusual together any more, was since ${clock(sinceMs)} (${shares})`,
  };
}

const shareText = ({ dimension, share }: Contribution): string => `${dimension} ${Math.round(100 * share)}%`;
