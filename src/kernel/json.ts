/** A JSON value (RFC 8259): what may cross a process boundary, be digested or be audited. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A JSON value as a word: texts as they are, anything else as JSON. */
export const textOfJson = (value: Json | undefined): string =>
  typeof value === "string" ? value : JSON.stringify(value ?? null);
