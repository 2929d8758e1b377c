import { digestOf } from "../../kernel/digest.ts";
import type { ChangeSignal } from "./signal.ts";
import type { TargetState } from "./target-state.ts";

/**
 * What changed on a target between two looks at it: half of all changes are announced by nobody (C4). Something that
 * could not be read in either look is not a change (B7).
 */
export function changesBetween(before: TargetState, after: TargetState, environment: string): ChangeSignal[] {
  const { service, atMs } = after;
  return [...releaseDiff(before, after), ...configDiff(before, after), ...flagDiff(before, after)].map((diff) => {
    const seen = { ...diff, service, environment };
    const id = `observed/${digestOf({ ...seen, atMs }).slice(7, 23)}`;
    return { kind: "change", id, ...seen, timeMs: atMs, source: "observed" };
  });
}

type Diff = Pick<ChangeSignal, "change" | "subject"> & { readonly from: string; readonly to: string };

const releaseDiff = ({ release: from }: TargetState, { release: to }: TargetState): Diff[] =>
  from === undefined || to === undefined || from === to ? [] : [{ change: "release", from, to }];

const configDiff = (before: TargetState, after: TargetState): Diff[] =>
  Object.entries(after.config ?? {}).flatMap(([subject, to]) => {
    const from = before.config?.[subject];
    return from === undefined || from === to ? [] : [{ change: "config", subject, from, to }];
  });

const flagDiff = (before: TargetState, after: TargetState): Diff[] =>
  Object.entries(after.flags ?? {}).flatMap(([subject, now]) => {
    const old = before.flags?.[subject];
    const [from, to] = [old && flagText(old), flagText(now)];
    return from === undefined || from === to ? [] : [{ change: "flag", subject, from, to }];
  });

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
  /** How it ended, where whoever saw it end can tell: an exit code, or the name of a signal. */
  readonly code?: number;
  readonly signal?: string;
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
