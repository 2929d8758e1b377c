import type { Json } from "../../kernel/json.ts";

/** What a service's target looks like right now, by looking at it. All fields that could not be read are in `unreadable`. */
export interface TargetState {
  readonly service: string;
  readonly atMs: number;
  /** Name of the current release, by its link. */
  readonly release?: string;
  /** Releases present on the target. */
  readonly releases?: readonly { readonly name: string; readonly compatible: boolean; readonly createdAtMs: number }[];
  /** sha256 of each declared config file, by its declared name. */
  readonly config?: Readonly<Record<string, string>>;
  /** Flag values: default variant and state, by flag name. */
  readonly flags?: Readonly<Record<string, FlagValue>>;
  readonly instances?: readonly InstanceState[];
  /** What could not be read, and why: `release: no such link`. */
  readonly unreadable: readonly string[];
}

export type FlagValue = {
  readonly state: "ENABLED" | "DISABLED";
  readonly defaultVariant: string;
  readonly variants: readonly string[];
};

export interface InstanceState {
  readonly name: string;
  readonly alive: boolean;
  readonly pid?: number;
  /** When the process started: with the pid it identifies one life of the instance. */
  readonly startedAtMs?: number;
  /** Its health check answered well within 2 s. Absent when none is declared. */
  readonly healthy?: boolean;
  /** Release the process was started from, when it can be told. */
  readonly release?: string;
}

/**
 * The part of a target a plan is bound to: what other people change. Instances come and go by themselves and stay out.
 * Digested, it tells whether someone else changed the target meanwhile.
 */
export const boundState = (state: TargetState): Json => ({
  release: state.release ?? null,
  config: { ...state.config },
  flags: Object.fromEntries(Object.entries(state.flags ?? {}).map(([k, v]) => [k, `${v.state}/${v.defaultVariant}`])),
});
