import type { Blame } from "./blame.ts";
import { badConfig, badFlag, badRelease } from "./change-theories.ts";
import type { Scene } from "./scene.ts";
import { crashLoop, hang, overload } from "./state-theories.ts";
import { evidence, type Theory } from "./theory.ts";

/** Every known way for a service to go wrong; a new one is a function more here. */
const known: readonly ((scene: Scene, service: string) => Theory[])[] = [
  badRelease,
  badConfig,
  badFlag,
  crashLoop,
  hang,
  overload,
];

/** What may have gone wrong in a service, each with what speaks for and against it beside the blame of the place. */
export function theories(scene: Scene, at: Blame): Theory[] {
  const found = known.flatMap((theory) => theory(scene, at.service));
  const joined = found.map((t) => ({
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
