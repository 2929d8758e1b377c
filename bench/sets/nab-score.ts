import type { NabWindow } from "./nab-corpus.ts";

/** What a detection, a false one and a missed window count. */
export interface NabProfile {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

export const nabProfiles = {
  standard: { tp: 1, fp: 0.11, fn: 1 },
  lowFP: { tp: 1, fp: 0.22, fn: 1 },
  lowFN: { tp: 1, fp: 0.11, fn: 2 },
} as const satisfies Readonly<Record<string, NabProfile>>;

/** Rows at the beginning that are not scored: a detector may learn from them. */
export const probation = (rows: number): number => Math.min(Math.floor(0.15 * rows), 750);

/** NAB's sigmoid: 1 at the start of a window, 0 at its end, -1 far behind it. */
const worth = (y: number): number => (y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1);

/** The score of one series: `detected` says for each row whether the detector's score reached the threshold. */
export function scoreSeries(detected: readonly boolean[], windows: readonly NabWindow[], profile: NabProfile): number {
  const found = new Map<NabWindow, number>();
  let score = 0;
  for (let row = probation(detected.length); row < detected.length; row++) {
    if (detected[row] !== true) continue;
    const window = windows.find(({ first, last }) => first <= row && row <= last);
    if (window === undefined) score += worthOutside(row, windows) * profile.fp;
    else found.set(window, Math.max(found.get(window) ?? -Infinity, worthInside(row, window)));
  }
  for (const window of windows) score += found.has(window) ? (found.get(window) as number) * profile.tp : -profile.fn;
  return score;
}

const worthInside = (row: number, { first, last }: NabWindow): number =>
  worth(-(last - row + 1) / (last - first + 1)) / worth(-1);

function worthOutside(row: number, windows: readonly NabWindow[]): number {
  const before = windows.filter(({ last }) => last < row).at(-1);
  return before === undefined ? -1 : worth((row - before.last) / (before.last - before.first));
}

/** From the scores of all series to NAB's scale: 0 is a detector that never says anything, 100 one that hits each window at its start. */
export function normalize(score: number, windows: number, { fn }: NabProfile): number {
  const silent = -fn * windows;
  return (100 * (score - silent)) / (windows - silent);
}
