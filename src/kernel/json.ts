/** A JSON value (RFC 8259): what may cross a process boundary, be digested or be audited. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
