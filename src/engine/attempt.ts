import type { Ending } from "./conclude.ts";

/**
 * How one attempt of a heal ended: with the incident, or to look again after `waitMs`. `tried` is what did not help;
 * `free` attempts changed nothing and do not count; `seen` is the essence of what such a one saw.
 */
export type Attempt =
  | { readonly ending: Ending }
  | {
      readonly again: string;
      readonly tried?: string;
      readonly waitMs?: number;
      readonly free?: boolean;
      readonly seen?: string;
    };

/** How soon to look again while evidence is still coming in. */
export const lookAgainMs = 5_000;
