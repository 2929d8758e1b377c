import { digestOf } from "../../kernel/digest.ts";
import type { ChangeSignal } from "./signal.ts";
import type { TargetState } from "./target-state.ts";

/**
 * What changed on a target between two looks at it: half of all changes are announced by nobody (C4). Something that
 * could not be read in either look is not a change (B7).
 */
export function changesBetween(before: TargetState, after: TargetState, environment: string): ChangeSignal[] {
  const found: ChangeSignal[] = [];
  const add = (change: ChangeSignal["change"], from: string, to: string, subject?: string) => {
    const seen = {
      change,
      service: after.service,
      environment,
      from,
      to,
      ...(subject === undefined ? {} : { subject }),
    };
    found.push({
      kind: "change",
      id: `observed/${digestOf({ ...seen, atMs: after.atMs }).slice(7, 23)}`,
      ...seen,
      timeMs: after.atMs,
      source: "observed",
    });
  };
  if (before.release !== undefined && after.release !== undefined && before.release !== after.release)
    add("release", before.release, after.release);
  for (const [file, digest] of Object.entries(after.config ?? {})) {
    const old = before.config?.[file];
    if (old !== undefined && old !== digest) add("config", old, digest, file);
  }
  for (const [flag, value] of Object.entries(after.flags ?? {})) {
    const old = before.flags?.[flag];
    if (old !== undefined && flagText(old) !== flagText(value)) add("flag", flagText(old), flagText(value), flag);
  }
  return found;
}

/** The actor of changes that Homeostat itself made. */
export const ownActor = "homeostat";

/** A flag's value in a word: its default variant, or `disabled`. */
export const flagText = (flag: { readonly state: string; readonly defaultVariant: string }): string =>
  flag.state === "ENABLED" ? flag.defaultVariant : "disabled";

/** One life of an instance ended and another began, or it was found dead. */
export interface InstanceExit {
  readonly service: string;
  readonly instance: string;
  readonly atMs: number;
}

/** Instances that died or were replaced between two looks. */
export function exitsBetween(before: TargetState, after: TargetState): InstanceExit[] {
  return (after.instances ?? []).flatMap((now) => {
    const old = before.instances?.find((i) => i.name === now.name);
    if (!old?.alive) return [];
    const gone = !now.alive || now.pid !== old.pid || now.startedAtMs !== old.startedAtMs;
    return gone ? [{ service: after.service, instance: now.name, atMs: after.atMs }] : [];
  });
}
