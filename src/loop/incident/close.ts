import { err, type Result } from "../../kernel/result.ts";
import type { Actor, Incident } from "./incident.ts";
import { mayFollow, transition } from "./transition.ts";

/**
 * The incident as a person closed it (C2), or why it cannot be closed now. What ended, or waits for people, is closed; what a
 * heal still works on is not closed under it. `stopped`: it is stopped by its own id, so that its heal cannot act; then one
 * that has not begun to act stands down first.
 */
export function close(
  incident: Incident,
  actor: Actor,
  reason: string,
  atMs: number,
  stopped: boolean,
): Result<Incident, string> {
  const { id, state, mergedInto } = incident;
  if (mergedInto !== undefined) return err(`incident \`${id}\` goes on as \`${mergedInto}\`: close that one`);
  if (state === "closed") return err(`incident \`${id}\` is closed already; see \`homeostat incident show ${id}\``);
  if (mayFollow(state, "closed")) return transition(incident, "closed", actor, reason, atMs);
  if (!stopped) return err(worksText(incident));
  if (state === "remediating" || state === "verifying")
    return err(`incident \`${id}\` is stopped, but what it began still ends: try again in a while`);
  const down = transition(incident, "stood-down", actor, "it is stopped, and was closed", atMs);
  return down.ok ? transition(down.value, "closed", actor, reason, atMs) : down;
}

const worksText = ({ id, state }: Incident): string =>
  `incident \`${id}\` is \`${state}\`, and its heal still works: wait for its end, or say \`homeostat stop incident/${id}\` first`;
