import { cutText } from "../../../kernel/cut-text.ts";
import { ownActor } from "../../signal/observed-change.ts";
import type { Observations } from "./observations.ts";
import { matchesPattern, wordsOf, type Pattern } from "./pattern.ts";
import { missing, seen, unseen, type Answer } from "./sighting.ts";
import type { AlertMatcher, CallMatcher, ChangeMatcher, FindingMatcher } from "./signature.ts";

/** Characters of an alert's name or label that are looked at, and alerts of a service (I11). */
const nameMax = 256;
const alertsMax = 100;
/** Clocks differ: a change this much after the first symptom may still have come before it. */
const slackMs = 12_000;

export function lookAtAlerts({ names, labels }: AlertMatcher, at: Observations): Answer {
  const found = at.alerts
    .slice(0, alertsMax)
    .filter((a) => names.length === 0 || saysOne(names, a.name))
    .filter((a) => Object.entries(labels).every(([label, wanted]) => saysOne(wanted, a.labels[label] ?? "")));
  if (found.length === 0) return unseen;
  const told = [...new Set(found.map((a) => cutText(a.name, nameMax)))].slice(0, 3).join(", ");
  return seen("alert-says", `${told} ${found.length === 1 ? "fires" : "fire"}`, {
    refs: found.slice(0, 10).map((a) => a.fingerprint),
  });
}

const saysOne = (patterns: readonly Pattern[], name: string): boolean => {
  const words = wordsOf(name.slice(0, nameMax));
  return patterns.some((p) => matchesPattern(p, words));
};

export function lookAtFindings({ dimensions, directions, at: where }: FindingMatcher, at: Observations): Answer {
  const found = at.findings[where].filter(
    (f) => dimensions.includes(f.dimension) && (directions.length === 0 || directions.includes(f.direction)),
  );
  const [first] = found;
  if (!first) return unseen;
  // The same word as for the overload that is told in code: one observation.
  const kind = first.dimension === "rate" && first.direction === "above" ? "more-traffic" : "finding-says";
  return seen(kind, first.summary, { refs: found.slice(0, 10).map((f) => f.id) });
}

export function lookAtChanges({ changes, withinMs }: ChangeMatcher, at: Observations): Answer {
  const found = at.changes
    .filter((c) => changes.includes(c.change) && c.actor !== ownActor)
    .filter((c) => c.timeMs >= at.onsetMs - withinMs && c.timeMs <= at.onsetMs + slackMs)
    .at(-1);
  if (!found) return unseen;
  const seconds = Math.max(0, Math.round((at.onsetMs - found.timeMs) / 1000));
  return seen("change-before-onset", `${found.change} changed ${seconds} s before the first symptom`, {
    refs: [found.id],
  });
}

export function lookAtCalls({ at: where, statuses, atLeast }: CallMatcher, at: Observations): Answer {
  if (!at.failedCalls) return missing(`failed calls ${where} by ${at.service}`);
  const found = at.failedCalls[where].filter((c) =>
    c.status === undefined ? statuses.length === 0 : statuses.includes(c.status),
  );
  const count = found.reduce((n, c) => n + c.count, 0);
  if (count < atLeast || count === 0) return unseen;
  const told = [...new Set(found.map((c) => c.status ?? "no status"))].slice(0, 3).join(", ");
  const others = [...new Set(found.map((c) => (where === "made" ? c.to : c.from)).filter(Boolean))].slice(0, 3);
  const whom = others.length === 0 ? "" : where === "made" ? ` to ${others.join(", ")}` : ` of ${others.join(", ")}`;
  return seen("calls-say", `${count} calls${whom} ended with ${told}`);
}
