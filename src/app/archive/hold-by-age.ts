import type { Retention } from "../../ports/config.ts";

export interface HoldByAge {
  /** Why nothing goes by age now, in words; empty when it does. */
  heldBack(): string;
  /** What may go now: what a clock that was just set calls old may be what is needed most. What does not fit goes all the same. */
  narrowed(retention: Retention): Retention;
}

/** Holds back the removal of telemetry by age while `clockTrouble` tells that the clock was set not long ago. */
export function createHoldByAge(clockTrouble: () => string | undefined): HoldByAge {
  const heldBack = (): string => {
    const trouble = clockTrouble();
    return trouble === undefined ? "" : `nothing is removed by age: ${trouble}`;
  };
  return {
    heldBack,
    narrowed: (retention) => (heldBack() === "" ? retention : { ...retention, thinnedMs: Infinity, wholeMs: Infinity }),
  };
}
