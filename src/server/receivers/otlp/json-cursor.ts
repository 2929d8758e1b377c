import { Malformed } from "./malformed.ts";

/** A place in a parsed JSON document, which knows its path for messages. Members that are null count as absent. */
export class JsonCursor {
  readonly value: unknown;
  private readonly parent: JsonCursor | undefined;
  private readonly key: string | number;

  constructor(value: unknown, parent?: JsonCursor, key: string | number = "") {
    this.value = value;
    this.parent = parent;
    this.key = key;
  }

  get path(): string {
    if (!this.parent) return "$";
    return typeof this.key === "number" ? `${this.parent.path}[${this.key}]` : `${this.parent.path}.${this.key}`;
  }

  /** A member of this object; undefined when absent. Throws Malformed when this is no object. */
  get(name: string): JsonCursor | undefined {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.fail("an object");
    const member: unknown = Reflect.get(value, name);
    return member === undefined || member === null || !Object.hasOwn(value, name)
      ? undefined
      : new JsonCursor(member, this, name);
  }

  /** The members of a list member, one after the other: a list of millions must not become millions of cursors. */
  *items(name: string): Generator<JsonCursor, void, undefined> {
    const list = this.get(name);
    if (!list) return;
    const members: unknown = list.value;
    if (!Array.isArray(members)) throw list.wrong("a list");
    for (let i = 0; i < members.length; i += 1) yield new JsonCursor(members[i], list, i);
  }

  /** The first members of a list member, read; at most `max`. */
  read<T>(name: string, max: number, read: (item: JsonCursor) => T): T[] {
    const found: T[] = [];
    for (const item of this.items(name)) {
      if (found.length >= max) break;
      found.push(read(item));
    }
    return found;
  }

  text(name: string): string {
    const member = this.get(name);
    if (!member) return "";
    return typeof member.value === "string" ? member.value : member.fail("a text");
  }

  flag(name: string): boolean {
    const member = this.get(name);
    if (!member) return false;
    return typeof member.value === "boolean" ? member.value : member.fail("true or false");
  }

  /** A 64-bit or smaller integer, as a number or as text; 0 when absent. Above 2^53 the nearest double. */
  integer(name: string): number {
    return this.get(name)?.asInteger() ?? 0;
  }

  asInteger(): number {
    const { value } = this;
    const number = typeof value === "string" && /^-?\d{1,20}$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && Math.abs(number) <= 2 ** 64) return number;
    return this.fail("an integer of 64 bits, as a number or as text");
  }

  /** A double; undefined when absent. JSON has no NaN and no infinities: Protobuf's JSON writes their names. */
  double(name: string): number | undefined {
    return this.get(name)?.asDouble();
  }

  asDouble(): number {
    const { value } = this;
    if (typeof value === "number") return value;
    if (typeof value === "string" && /^(NaN|-?Infinity|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(value))
      return Number(value);
    return this.fail("a number");
  }

  /** A number of an enum: OTLP/JSON does not allow the names. */
  enumeration(name: string): number {
    const member = this.get(name);
    if (!member) return 0;
    const { value } = member;
    return typeof value === "number" && Number.isInteger(value) ? value : member.fail("the number of the enum value");
  }

  /** An id as lower-case hex; empty when absent or not of this many bytes. */
  hex(name: string, bytes: number): string {
    const text = this.text(name);
    return text.length === bytes * 2 && /^[0-9a-f]+$/i.test(text) ? text.toLowerCase() : "";
  }

  fail(expected: string): never {
    throw this.wrong(expected);
  }

  private wrong(expected: string): Malformed {
    return new Malformed(`${this.path} is not ${expected}`);
  }
}
