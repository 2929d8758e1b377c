/** Telemetry this far ahead of the clock, or behind it, is refused and counted: it would speak of another time. */
export const timely = { futureMs: 10_000, pastMs: 10 * 60_000 } as const;
