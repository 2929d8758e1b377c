import type { InstanceExit } from "../signal/observed-change.ts";
import type { InstanceState } from "../signal/target-state.ts";
import type { Evidence } from "./diagnosis.ts";
import { ownFindings, type Scene } from "./scene.ts";
import { evidence, type Theory } from "./theory.ts";

/** Exits this long ago still speak of a loop. */
const recentMs = 120_000;

/** One instance that died again and again lately, or is down now. */
export function crashLoop(scene: Scene, service: string): Theory[] {
  const all = scene.exits.filter((e) => e.service === service && e.atMs > scene.nowMs - recentMs);
  const own = all.filter((e) => !rolledOut(scene, e));
  const instances = scene.targets[service]?.instances ?? [];
  const down = instances.filter((i) => !i.alive).map((i) => i.name);
  const names = [...new Set([...own.map((e) => e.instance), ...down])];
  return names.flatMap((instance) => {
    const of = (exits: readonly InstanceExit[]) => exits.filter((e) => e.instance === instance).length;
    const seen = { own: of(own), all: of(all) };
    if (seen.own < 2 && !down.includes(instance)) return [];
    const now = instances.find((i) => i.name === instance);
    return [
      { service, cause: "crash-loop", instance, evidenceFor: exitEvidence(instance, seen, now), evidenceAgainst: [] },
    ];
  });
}

/** A roll-out restarts instances: an exit this soon after one, or just before it was noticed, is part of it. */
const rollOutMs = 30_000;
export const rolledOut = (scene: Scene, exit: InstanceExit): boolean =>
  scene.changes.some(
    (c) =>
      c.service === exit.service &&
      (c.change === "release" || c.change === "config") &&
      Math.abs(exit.atMs - c.timeMs) < rollOutMs,
  );

/** Ends of one instance: those by itself, and all, with those of roll-outs. */
interface Ends {
  readonly own: number;
  readonly all: number;
}

function exitEvidence(instance: string, seen: Ends, now: InstanceState | undefined): Evidence[] {
  const weight = Math.min(4.5, 1.5 * Math.max(1, seen.own));
  const unwell = now?.alive === false || now?.healthy === false;
  return [
    evidence("instance-exits", weight, exitText(instance, seen, now)),
    ...(unwell ? [evidence("instance-unhealthy", 1, `${instance} does not pass its health check`)] : []),
  ];
}

/** What was never seen to run cannot be said to have ended. */
function exitText(instance: string, { own, all }: Ends, now: InstanceState | undefined): string {
  if (own === 0 && all > 0) return `${instance} is down since a roll-out`;
  if (own === 0) return `${instance} is down, and was not seen to run in the last two minutes`;
  const times = `${own} time${own === 1 ? "" : "s"}`;
  return `${instance} ended ${times} in the last two minutes${now?.alive === false ? " and is down now" : ""}`;
}

/** Alive by its pid, yet it does not answer its health check. */
export function hang(scene: Scene, service: string): Theory[] {
  const instances = scene.targets[service]?.instances ?? [];
  const hung = instances.filter((i) => i.alive && i.healthy === false);
  if (hung.length === 0) return [];
  const starting = scene.exits.some((e) => e.service === service && e.atMs > scene.nowMs - 20_000);
  return [
    {
      service,
      cause: "dependency-hang",
      ...(hung.length === 1 && hung[0] ? { instance: hung[0].name } : {}),
      evidenceFor: [
        evidence(
          "alive-but-silent",
          3,
          `${hung.map((i) => i.name).join(", ")} ${hung.length === 1 ? "is" : "are"} alive and do${hung.length === 1 ? "es" : ""} not answer the health check`,
        ),
      ],
      evidenceAgainst: starting ? [evidence("just-started", 2, "it started less than 20 s ago")] : [],
    },
  ];
}

/** More traffic than usual, and slow or failing with it. Nobody's change: a person is told. */
export function overload(scene: Scene, service: string): Theory[] {
  const more = ownFindings(scene, service).find((f) => f.dimension === "rate" && f.direction === "above");
  if (!more) return [];
  return [
    {
      service,
      cause: "overload",
      evidenceFor: [evidence("more-traffic", 1, more.summary, [more.id])],
      evidenceAgainst: [],
    },
  ];
}
