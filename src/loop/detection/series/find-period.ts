import { within } from "./usual-range.ts";

/** A period found in a row of numbers: how many of them it is long, and how alike (1 is the same) the row is to itself that much later. */
export interface FoundPeriod {
  readonly length: number;
  readonly strength: number;
}

const strengthMin = 0.5;
/** A period shows as a peak this much over the valley before it, and has to be seen this often. */
const prominence = 0.3;
const repeatsMin = 2.9;
const shortest = 4;
/** The shortest period counts that is nearly as strong as the strongest: its multiples are periods too. */
const nearly = 0.93;
/** Values farther than this many mean distances are cut, so that a few spikes do not decide. */
const cutAt = 3;
const multiplesMax = 8;

/** The period of `cells` by its autocorrelation without trend, if it has one. NaN cells are taken for usual. */
export function findPeriod(cells: Float64Array): FoundPeriod | undefined {
  const row = levelled(cells);
  if (row === undefined) return undefined;
  const longest = Math.floor(row.length / repeatsMin);
  const alike = autocorrelation(row, longest + 1);
  const peaks = peaksOf(alike, longest);
  const strongest = Math.max(...peaks.map((lag) => alike[lag] as number));
  const lag = peaks.find((l) => (alike[l] as number) >= nearly * strongest);
  return lag === undefined ? undefined : { length: refined(alike, lag, longest), strength: alike[lag] as number };
}

/** Cut, and without mean and trend; undefined when nothing varies. */
function levelled(cells: Float64Array): Float64Array | undefined {
  const known = cells.filter((cell) => !Number.isNaN(cell));
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  const distance = known.reduce((a, b) => a + Math.abs(b - mean), 0) / known.length;
  if (!(distance > 0)) return undefined;
  const row = cells.map((cell) => (Number.isNaN(cell) ? 0 : within(cell - mean, cutAt * distance)));
  const middle = (row.length - 1) / 2;
  let [sum, slope, squares] = [0, 0, 0];
  for (let i = 0; i < row.length; i++) {
    sum += row[i] as number;
    slope += (i - middle) * (row[i] as number);
    squares += (i - middle) ** 2;
  }
  return row.map((x, i) => x - sum / row.length - (slope / squares) * (i - middle));
}

function autocorrelation(row: Float64Array, longest: number): Float64Array {
  const n = row.length;
  const energy = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) energy[i + 1] = (energy[i] as number) + (row[i] as number) ** 2;
  const alike = new Float64Array(longest + 1);
  for (let lag = 1; lag <= longest; lag++) {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += (row[i] as number) * (row[i - lag] as number);
    const later = (energy[n] as number) - (energy[lag] as number);
    const both = Math.sqrt(later * (energy[n - lag] as number));
    alike[lag] = both > 0 ? sum / both : 0;
  }
  alike[0] = 1;
  return alike;
}

const isPeak = (alike: Float64Array, lag: number): boolean =>
  (alike[lag] as number) >= (alike[lag - 1] as number) && (alike[lag] as number) >= (alike[lag + 1] as number);

function peaksOf(alike: Float64Array, longest: number): number[] {
  const peaks: number[] = [];
  let valley = 1;
  for (let lag = 2; lag <= longest; lag++) {
    const [before, strength] = [alike[lag - 1] as number, alike[lag] as number];
    valley = Math.min(valley, before);
    const clear = strength >= strengthMin && strength - valley > prominence;
    if (lag >= shortest && clear && isPeak(alike, lag)) peaks.push(lag);
  }
  return peaks;
}

/** To a part of a cell: by the parabola through the peak, and by the peaks at its multiples while there are any. */
function refined(alike: Float64Array, lag: number, longest: number): number {
  let length = lag + top(alike, lag);
  for (let times = 2; times <= multiplesMax && times * length < longest - 1; times++) {
    const near = Math.round(times * length);
    let best = near;
    for (let l = near - 2; l <= Math.min(near + 2, longest); l++)
      if ((alike[l] as number) > (alike[best] as number)) best = l;
    if ((alike[best] as number) < 0.8 * strengthMin || !isPeak(alike, best)) break;
    length = (best + top(alike, best)) / times;
  }
  return length;
}

function top(alike: Float64Array, lag: number): number {
  const [before, peak, after] = [alike[lag - 1], alike[lag], alike[lag + 1]] as [number, number, number];
  const bend = before - 2 * peak + after;
  return bend === 0 ? 0 : within((before - after) / (2 * bend), 0.5);
}
