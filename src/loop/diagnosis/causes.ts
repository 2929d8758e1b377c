import type { Blame } from "./blame.ts";
import { badConfig, badFlag, badRelease } from "./change-theories.ts";
import type { RankedPlace } from "./diagnosis.ts";
import { withPlace } from "./places/place-evidence.ts";
import type { Scene } from "./scene.ts";
import { joinTheories } from "./signatures/join-theories.ts";
import { matchSignatures } from "./signatures/match-signatures.ts";
import { observe } from "./signatures/observations.ts";
import { crashLoop, hang, overload } from "./state-theories.ts";
import { evidence, type Theory } from "./theory.ts";

/** Ways for a service to go wrong that need code to tell. Those that data can tell are signatures (`care/signatures`). */
const known: readonly ((scene: Scene, service: string) => Theory[])[] = [
  badRelease,
  badConfig,
  badFlag,
  crashLoop,
  hang,
  overload,
];

/** What may have gone wrong in a service, each with what speaks for and against it beside the blame of the place; `place` is what a ranking says of it. */
export function theories(scene: Scene, at: Blame, place?: RankedPlace): Theory[] {
  const coded = known.flatMap((theory) => theory(scene, at.service));
  const found = joinTheories(coded, matchSignatures(scene.signatures ?? [], observe(scene, at.service)));
  const joined = found
    .map((theory) => withPlace(scene, theory, place))
    .map((t) => ({
      ...t,
      evidenceFor: [...at.for, ...t.evidenceFor],
      evidenceAgainst: [...at.against, ...t.evidenceAgainst],
    }));
  const nameless: Theory = {
    service: at.service,
    cause: "unknown",
    evidenceFor: at.for,
    evidenceAgainst: [
      ...at.against,
      evidence("no-known-cause", 0.5, "it seems to start here, but nothing known explains why"),
    ],
  };
  return [...joined, nameless];
}
