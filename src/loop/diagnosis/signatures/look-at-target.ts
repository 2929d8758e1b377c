import type { InstanceState } from "../../signal/target-state.ts";
import type { Observations } from "./observations.ts";
import { missing, seen, unseen, type Answer } from "./sighting.ts";
import type { DependencyMatcher, ExitMatcher, TargetMatcher } from "./signature.ts";

/** Exits this long before now still speak. */
const recentMs = 600_000;

export function lookAtExits({ codes, signals, atLeast }: ExitMatcher, at: Observations): Answer {
  if (!at.exits) return missing(`exits of ${at.service}`);
  const recent = at.exits.filter((e) => e.atMs > at.nowMs - recentMs);
  const specific = codes.length + signals.length > 0;
  if (specific && recent.length > 0 && recent.every((e) => e.code === undefined && e.signal === undefined))
    return missing(`exit codes of ${at.service}`);
  const found = recent.filter((e) => !specific || codes.includes(e.code ?? -1) || signals.includes(e.signal ?? ""));
  const often = [...Map.groupBy(found, (e) => e.instance)].filter(([, exits]) => exits.length >= atLeast);
  const [most, ...others] = often.toSorted(([, a], [, b]) => b.length - a.length);
  if (!most) return unseen;
  const [instance, exits] = most;
  const how = [...new Set(exits.flatMap((e) => e.signal ?? e.code ?? []))].slice(0, 3).join(", ");
  const times = exits.length === 1 ? "once" : `${exits.length} times`;
  // With a code it says how it ended, which the code theories do not know; without, it is what they count.
  const kind = specific ? "exit-says" : "instance-exits";
  const one = others.length === 0 ? { instance } : {};
  return seen(kind, `${instance} ended ${times} in ten minutes${how === "" ? "" : ` with ${how}`}`, one);
}

const isDown = (i: InstanceState): boolean => !i.alive;
const isHung = (i: InstanceState): boolean => i.alive && i.healthy === false;

export function lookAtTarget({ is }: TargetMatcher, at: Observations): Answer {
  const instances = at.target?.instances ?? [];
  if (instances.length === 0) return missing(`target of ${at.service}`);
  if (is === "mixed-releases") return lookAtReleases(at, instances);
  if (is === "well") {
    const well = instances.every((i) => i.alive && i.healthy !== false);
    return well ? seen("target-is-well", "every instance is alive and answers its health check") : unseen;
  }
  return lookAtSick(is, instances);
}

function lookAtSick(is: "down" | "hung", instances: readonly InstanceState[]): Answer {
  const [first, ...others] = instances.filter(is === "down" ? isDown : isHung).map((i) => i.name);
  if (first === undefined) return unseen;
  const told = [first, ...others].slice(0, 3).join(", ");
  const one = others.length === 0 ? { instance: first } : {};
  // The words of the code theories that look at the same.
  return is === "down"
    ? seen("instance-exits", `${told} ${others.length === 0 ? "is" : "are"} down`, one)
    : seen("alive-but-silent", `${told} alive without answering the health check`, one);
}

function lookAtReleases({ service }: Observations, instances: readonly InstanceState[]): Answer {
  const releases = [...new Set(instances.flatMap((i) => i.release ?? []))];
  if (releases.length === 0) return missing(`release of each instance of ${service}`);
  return releases.length > 1 ? seen("mixed-releases", `its instances run ${releases.slice(0, 3).join(", ")}`) : unseen;
}

export function lookAtDependencies({ is }: DependencyMatcher, { service, callees }: Observations): Answer {
  if (callees.length === 0) return missing(`whom ${service} calls`);
  const found = callees.filter((c) => (is === "well" ? !c.hurt && !c.down : is === "hurt" ? c.hurt : c.down));
  if (found.length === 0 || (is === "well" && found.length < callees.length)) return unseen;
  const names = found
    .slice(0, 3)
    .map((c) => c.name)
    .join(", ");
  return seen(`dependency-${is}`, `${names}, which it calls, ${found.length === 1 ? "is" : "are"} ${is}`);
}
