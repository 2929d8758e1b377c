import { uptime } from "node:os";

/** The process's own clock and the wall's may differ by this much more than before without having to be looked into. */
const doubtfulMs = 500;

/**
 * A clock that nobody sets, in ms, and that goes on while the machine sleeps. The process's own clock stands still then; so whenever it
 * and the wall clock (`wallMs`) do not agree any more, the machine is asked how long it is up, which costs more.
 */
export function createSteadyClock(
  processMs: () => number = () => performance.now(),
  machineMs: () => number = () => uptime() * 1_000,
): (wallMs: number) => number {
  const aheadMs = machineMs() - processMs();
  let [sleptMs, apartMs] = [0, Number.NaN];
  return (wallMs) => {
    const nowMs = processMs();
    if (!(Math.abs(wallMs - nowMs - apartMs) < doubtfulMs)) sleptMs = Math.max(0, machineMs() - nowMs - aheadMs);
    apartMs = wallMs - nowMs;
    return nowMs + sleptMs;
  };
}
