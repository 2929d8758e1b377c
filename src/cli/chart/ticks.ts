/** Round numbers within a range, about `wanted` of them, ascending. Ends are finite and `low < high`. */
export function amountTicks(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough) ?? 10 * power;
  if (!(step > 0) || !Number.isFinite(step)) return [low, high];
  const first = Math.ceil(low / step);
  const many = Math.min(20, Math.floor(high / step) - first + 1);
  return Array.from({ length: Math.max(0, many) }, (_, i) => (first + i) * step);
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * secondMs),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minuteMs),
  ...[1, 2, 3, 6, 12].map((n) => n * hourMs),
  ...[1, 2, 7, 14, 30, 90, 180, 365, 730, 3_650, 36_500].map((n) => n * dayMs),
];

export interface TimeTick {
  readonly atMs: number;
  readonly text: string;
}

/** Round times in UTC within a range, at most `most` of them; a date where the day is another than at the tick before. */
export function timeTicks(fromMs: number, toMs: number, most: number): TimeTick[] {
  const step = steps.find((s) => (toMs - fromMs) / s <= most) ?? (toMs - fromMs) / most;
  const first = Math.ceil(fromMs / step);
  const many = Math.max(0, Math.min(most + 1, Math.floor(toMs / step) - first + 1));
  let day = "";
  return Array.from({ length: many }, (_, i) => {
    const atMs = (first + i) * step;
    const [date = "", clock = ""] = new Date(atMs).toISOString().split("T");
    const isNew = date !== day;
    day = date;
    const time = clock.slice(0, step < secondMs ? 12 : step < minuteMs ? 8 : 5);
    return { atMs, text: step >= dayMs ? date : isNew ? `${date} ${time}` : time };
  });
}

/** A number on an axis or in a text: four digits, with a letter for thousands and above. */
export function amount(value: number): string {
  const size = Math.abs(value);
  for (const [least, letter] of [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e4, "k"],
  ] as const) {
    const of = letter === "k" ? 1e3 : least;
    if (size >= least && size < 1e15) return `${Number((value / of).toPrecision(4))}${letter}`;
  }
  return String(Number(value.toPrecision(4)));
}
