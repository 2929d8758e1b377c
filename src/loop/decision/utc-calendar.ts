const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Hour of the day in UTC, 0 to 23, of a Unix time in milliseconds. */
export const utcHour = (atMs: number): number => Math.floor(atMs / hourMs) % 24;

/** ISO 8601 day of the week in UTC: 1 is Monday, 7 is Sunday. 1970-01-01 was a Thursday. */
export const utcDayOfWeek = (atMs: number): number => ((Math.floor(atMs / dayMs) + 3) % 7) + 1;
