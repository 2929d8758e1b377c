import type { ComponentStatus } from "../../engine/operations.ts";
import type { Fault } from "../../loop/detection/faults.ts";

/** A fault is told for this long, and so many at most. */
const toldForMs = 600_000;
const toldMax = 3;

/** What could not be looked at of late, because looking threw; everything else was. Times may be off by what the clock was set. */
export function faultStatus(faults: readonly Fault[], nowMs: number): ComponentStatus {
  const late = faults.filter((f) => Math.abs(nowMs - f.atMs) < toldForMs);
  const told = late.slice(-toldMax).map(textOf);
  const more = late.length > toldMax ? [`${late.length - toldMax} more`] : [];
  return { name: "detectors", state: late.length === 0 ? "ok" : "degraded", detail: [...told, ...more].join("; ") };
}

const textOf = ({ part, service, times, why, restsUntilMs, atMs }: Fault): string =>
  `${service}: its ${part} could not be looked at (${why}), ${restsUntilMs > atMs ? `${times} times, so they are left alone for a while` : "what was known of them is learned anew"}`;
