const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Milliseconds of a duration as Prometheus and OpenSLO write it: `500ms`, `30s`, `1h30m`, `28d`.
 * `undefined` for anything else; an empty text, a sign or a missing unit is not a duration.
 */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d|w))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d|w)/g))
    total += Number(count) * (unitMs[unit ?? ""] ?? 0);
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest exact text of a whole number of milliseconds: 90000 is `1m30s`. Takes and gives milliseconds >= 0. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  if (rest === 0) return "0s";
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size = unitMs[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
