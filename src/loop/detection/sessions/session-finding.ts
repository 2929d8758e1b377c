import { digestOf } from "../../../kernel/digest.ts";
import { clock } from "../describe.ts";
import type { Finding } from "../finding.ts";
import type { OddSessions } from "./session-watch.ts";

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

interface Place {
  readonly service: string;
  readonly environment: string;
}

/** What is to say about odd sessions: how many, how many are usual, since when, and what one of them did. `line`: the text of a template. */
export function sessionFinding(
  { service, environment }: Place,
  odd: OddSessions,
  line: string,
  nowMs: number,
): Finding {
  const { sessions, unlike, sinceMs, usual, deviation } = odd;
  const share = unlike / sessions;
  const why = deviation ? `; one logged ${deviation.count} times where ${deviation.usualCount} are usual: ${line}` : "";
  const told = `${unlike} of ${sessions} traces logged unlike others, ${percent(usual.mid)} usual, since ${clock(sinceMs)}${why}`;
  return {
    id: `${service}/log-sessions@${environment}`,
    service,
    environment,
    dimension: "logs",
    state: odd.firing ? "firing" : "cleared",
    direction: "above",
    expected: usual,
    observed: share,
    unit: "share of traces",
    unusualness: odd.unusualness,
    sinceMs,
    atMs: nowMs,
    agreeing: [],
    telemetry: digestOf({ service, environment, sessions, unlike, sinceMs }),
    subject: "traces that log unlike others",
    summary: `${service}: ${odd.firing ? told : `traces log as usual again, were unlike since ${clock(sinceMs)}`}`,
  };
}
