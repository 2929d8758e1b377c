/** The farthest time that has a date, ms either side of 1970. */
const farthestMs = 8.64e15;

/** Whether it can be written as a date. */
export const isTime = (ms: number): boolean => Math.abs(ms) <= farthestMs;

/** From these sizes on a number counts milliseconds, microseconds, nanoseconds: of anything from 1973 to 5138 the unit is told. */
const units = [
  [1e11, 1e3],
  [1e14, 1],
  [1e17, 1e-3],
  [Infinity, 1e-6],
] as const;

/** Milliseconds since 1970 of a number of seconds, milliseconds, microseconds or nanoseconds; NaN when it has no date. */
export function timeOfNumber(value: number): number {
  const ms = value * (units.find(([below]) => Math.abs(value) < below)?.[1] ?? NaN);
  return isTime(ms) ? ms : Number.NaN;
}

const number = /^-?\d+(\.\d+)?(e\+?\d+)?$/i;
const iso =
  /^(\d{4})[-/](\d\d?)[-/](\d\d?)(?:(?:[T ]|T? +)(\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?$/i;
const compact = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})?$/;
/** A date in digits alone, to the day, the minute or the second: as a number it would be a time that nobody means. */
const digits = /^((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:([01]\d|2[0-3])([0-5]\d)([0-5]\d)?)?$/;
/** `Sun, 01 Nov 2026 10:00:00 GMT`, `1 Nov 2026 10:00`, `01/Nov/2026:10:00:00 +0000`. */
const named =
  /^(?:[a-z]{3},? )?(\d\d?)[ /-]([a-z]{3})[a-z]*[ /-](\d{4})[ :,]+(\d\d?:\d\d(?::\d\d)?)\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i;

/**
 * Milliseconds since 1970; NaN when it is no time. ISO 8601 in its usual disguises, a month by its name, or a number whose unit is told by
 * its size; without a zone it is UTC. Not `01/11/2026`, which is a day in November or in January.
 */
export function timeOf(cell: string): number {
  if (number.test(cell) && !digits.test(cell)) return timeOfNumber(Number(cell));
  const [, year, month, day, clock = "00:00", zone = "Z"] = iso.exec(cell) ?? inOtherWords(cell);
  if (year === undefined || month === undefined || day === undefined) return Number.NaN;
  const two = (part: string): string => part.padStart(2, "0");
  const [hours = "", ...rest] = clock.replace(",", ".").split(":");
  const date = `${year}-${two(month)}-${two(day)}`;
  const ms = Date.parse(`${date}T${[two(hours), ...rest].join(":")}${zoneOf(zone)}`);
  // `2026-02-30` is no day, though it is read as one in March.
  const isDay = new Date(Date.parse(`${date}T00:00Z`)).getUTCDate() === Number(day);
  return isDay ? ms : Number.NaN;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** Year, month, day, time of day and zone, after the whole of it, as `iso` parts them. */
function inOtherWords(cell: string): readonly (string | undefined)[] {
  const bare = digits.exec(cell);
  if (bare) return ["", ...bare.slice(1, 4), bare.slice(4, 7).filter(Boolean).join(":") || undefined];
  const short = compact.exec(cell);
  if (short) return ["", ...short.slice(1, 4), short.slice(4, 7).filter(Boolean).join(":"), short[7]];
  const [, day, name = "", year, clock, zone] = named.exec(cell) ?? [];
  const month = months.indexOf(name.toLowerCase()) + 1;
  return month === 0 ? [] : ["", year, String(month), day, clock, zone];
}

/** Databases write `+00` and `UTC` where ISO 8601 wants `+00:00` and `Z`. */
function zoneOf(zone: string): string {
  const [, sign, hours, minutes = "00"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return sign === undefined ? "Z" : `${sign}${hours}:${minutes}`;
}
