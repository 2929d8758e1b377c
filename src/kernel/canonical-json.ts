import canonicalize from "canonicalize";
import { bug } from "./assert.ts";

/**
 * RFC 8785 (JCS) text of a value: the one serialisation that digests, signatures and the audit log use.
 * `undefined` members are left out as JSON does. Throws a bug on NaN, infinities and values JSON cannot carry.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) return bug("a value without a canonical JSON form");
  return text;
}
