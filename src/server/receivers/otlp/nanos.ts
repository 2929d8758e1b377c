/**
 * Whole milliseconds of nanoseconds since the epoch. A double holds today's nanoseconds within 256, so a time that was a
 * whole millisecond may arrive just below it; half a microsecond is added, so that it stays that millisecond.
 */
export const wholeMs = (nanos: number): number => Math.floor(nanos / 1e6 + 0.0005);
