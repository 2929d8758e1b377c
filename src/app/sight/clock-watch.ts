/** A difference to the steady clock that changed by more than this within one look is a jump. */
const jumpMinMs = 2_000;
/** A jump stays in the status this long. */
const toldForMs = 600_000;

export interface ClockWatch {
  /** To be called every second or so. Gives the jump, when there was one since the last look. */
  look(): number | undefined;
  /** What the status says of a jump not long ago. */
  trouble(): string | undefined;
}

/**
 * Notices that the wall clock was set: it is compared with a steady clock. Telemetry is stamped by wall
 * clocks, so windows around a jump say little; leases run on the database's clock and are not touched by it.
 */
export function createClockWatch(wallMs: () => number, steadyMs: () => number): ClockWatch {
  let offsetMs = wallMs() - steadyMs();
  let last: { readonly jumpMs: number; readonly atSteadyMs: number } | undefined;
  return {
    look() {
      const now = wallMs() - steadyMs();
      const jumpMs = now - offsetMs;
      offsetMs = now;
      if (Math.abs(jumpMs) < jumpMinMs) return undefined;
      last = { jumpMs, atSteadyMs: steadyMs() };
      return jumpMs;
    },
    trouble() {
      if (!last || steadyMs() - last.atSteadyMs > toldForMs) return undefined;
      const seconds = Math.abs(Math.round(last.jumpMs / 1_000));
      return `the system clock was set ${last.jumpMs > 0 ? "forward" : "back"} by ${seconds} s; telemetry around that time says little`;
    },
  };
}
