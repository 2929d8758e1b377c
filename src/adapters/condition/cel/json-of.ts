import { err, ok, type Result } from "../../../kernel/result.ts";
import type { Json } from "../../../kernel/json.ts";

const notJson = (what: string): Result<never, string> =>
  err(`the result holds ${what}, which JSON cannot carry: turn it into a text, a number or a truth value`);

function entriesOf(value: object): [string, unknown][] | undefined {
  if (value instanceof Map) return [...value].map(([key, member]) => [String(key), member]);
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : undefined;
}

function collect<T>(results: readonly Result<T, string>[]): Result<T[], string> {
  const values: T[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  return ok(values);
}

function objectOf(value: object): Result<Json, string> {
  const entries = entriesOf(value);
  if (entries === undefined) return notJson("a time, a duration, a type or bytes");
  const members = collect(entries.map(([, member]) => jsonOf(member)));
  return members.ok ? ok(Object.fromEntries(entries.map(([key], i) => [key, members.value[i] ?? null]))) : members;
}

/** A CEL value as JSON: whole numbers become numbers when they are exact as such. Infinities, times and bytes are no JSON. */
export function jsonOf(value: unknown): Result<Json, string> {
  if (value === null || typeof value === "string" || typeof value === "boolean") return ok(value);
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? ok(number) : notJson(`the whole number ${value}`);
  }
  if (typeof value === "number") return Number.isFinite(value) ? ok(value) : notJson(String(value));
  if (Array.isArray(value)) return collect(value.map(jsonOf));
  return typeof value === "object" ? objectOf(value) : notJson(`a ${typeof value}`);
}
