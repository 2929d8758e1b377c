// Stop wins over everything (I8); a stop state that cannot be read is a stop of everything (I7).
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Reason, StopEntry, StopScope, StopState } from "./decision.ts";

/** What work is about, for finding the stops that cover it. */
export interface StopSubject {
  readonly environment: string;
  readonly service: string;
  readonly runbook: string;
  readonly incidentId: string;
}

const valueLengthMax = 200;

/** Parses `all` (or `*`), `environment/prod`, `service/cart`, `runbook/flag-off`, `incident/inc-7`. */
export function parseStopScope(text: string): Result<StopScope, string> {
  if (text === "all" || text === "*") return ok({ kind: "all", value: "" });
  const slash = text.indexOf("/");
  const kind = text.slice(0, slash);
  const value = text.slice(slash + 1);
  const known = kind === "environment" || kind === "service" || kind === "runbook" || kind === "incident";
  if (slash < 0 || !known) {
    return err(
      `unknown scope \`${text.slice(0, valueLengthMax)}\`: use \`all\`, \`environment/NAME\`, \`service/NAME\`, \`runbook/NAME\` or \`incident/ID\``,
    );
  }
  if (!/^[^\s/\p{Cc}]+$/u.test(value) || value.length > valueLengthMax) {
    return err(
      `scope \`${kind}/\` needs one name of at most ${valueLengthMax} characters without spaces or slashes, for example \`${kind}/cart\``,
    );
  }
  return ok({ kind, value });
}

/** The text `parseStopScope` reads. */
export const formatStopScope = (scope: StopScope): string =>
  scope.kind === "all" ? "all" : `${scope.kind}/${scope.value}`;

function covers(scope: StopScope, subject: StopSubject): boolean {
  switch (scope.kind) {
    case "environment":
      return scope.value === subject.environment;
    case "service":
      return scope.value === subject.service;
    case "runbook":
      return scope.value === subject.runbook;
    case "incident":
      return scope.value === subject.incidentId;
    case "all":
      return true;
    default:
      // A scope written by a newer version, read from a file or a row: not understood, so it stops everything (I7).
      return true;
  }
}

const stopReason = ({ scope, by, reason }: StopEntry): Reason => ({
  source: "stop",
  name: formatStopScope(scope),
  text: `stopped by ${by}: ${reason}`,
});

/** Why this work is stopped: one reason a covering stop; empty when it is not. Upholds I8. */
export function stopped(state: StopState, subject: StopSubject): readonly Reason[] {
  if (!state.known)
    return [
      { source: "stop", name: "unknown", text: `the stop state could not be read, so nothing acts: ${state.why}` },
    ];
  return state.entries.filter((entry) => covers(entry.scope, subject)).map(stopReason);
}
