/** How improbable the worst moments of a service were lately, so that what comes again and again is nothing to speak of. */
export interface WorstOfADay {
  /** Orders of magnitude, descending, and when each was. */
  readonly worst: { decades: number; atMs: number }[];
  /** The stretch going on, if any. */
  open: { decades: number; atMs: number } | undefined;
}

const dayMs = 24 * 3_600_000;
const kept = 3;
/** What is unusual in a row is one stretch until so much time passes without. */
const quietMs = 10 * 60_000;

export const noWorst = (): WorstOfADay => ({ worst: [], open: undefined });

/** Takes in how improbable a moment is. */
export function takeMoment(w: WorstOfADay, decades: number, nowMs: number): void {
  if (w.open && !(Math.abs(nowMs - w.open.atMs) < quietMs)) close(w);
  w.open = { decades: Math.max(decades, w.open?.decades ?? 0), atMs: nowMs };
}

function close(w: WorstOfADay): void {
  if (w.open) w.worst.push(w.open);
  w.worst.sort((a, b) => b.decades - a.decades);
  w.worst.length = Math.min(w.worst.length, kept);
  w.open = undefined;
}

/** What happened three times within a day, 0 where nothing did; the stretch going on does not count. */
export function usualWorst(w: WorstOfADay, nowMs: number): number {
  const late = w.worst.filter((m) => Math.abs(nowMs - m.atMs) < dayMs);
  if (late.length < w.worst.length) w.worst.splice(0, w.worst.length, ...late);
  return late.length < kept ? 0 : (late.at(-1)?.decades ?? 0);
}

/** What went on for long is as if it had happened often. */
export function takeAsUsual(w: WorstOfADay, decades: number, nowMs: number): void {
  w.open = undefined;
  w.worst.splice(0, w.worst.length, ...Array.from({ length: kept }, () => ({ decades, atMs: nowMs })));
}

export const isForgotten = (w: WorstOfADay, nowMs: number): boolean =>
  usualWorst(w, nowMs) === 0 && w.worst.length === 0 && !(w.open && Math.abs(nowMs - w.open.atMs) < dayMs);
