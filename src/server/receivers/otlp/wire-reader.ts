import { Malformed } from "./malformed.ts";

/** Wire types of the Protocol Buffers encoding that OTLP uses. Groups (3 and 4) are not among them. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The tag of a field: its number and wire type, as they stand on the wire. */
export const tagOf = (field: number, type: number): number => (field << 3) | type;

const fieldMax = 536_870_911;
const shortTextMax = 48;
const slots = 4_096;
/** Texts seen lately, by hash: attribute keys and names repeat in every request. Bounded by its slots. */
const seen: (string | undefined)[] = Array.from({ length: slots });

/**
 * Reads the Protocol Buffers wire format (protobuf.dev/programming-guides/encoding) in place, without an object per
 * message. Every read is checked against the innermost open message, so that untrusted bytes end in `Malformed`, never in
 * a read beyond it or a loop without progress.
 */
export class WireReader {
  readonly bytes: Buffer;
  readonly view: DataView;
  pos = 0;
  /** End of the innermost open message. */
  limit: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limit = bytes.byteLength;
  }

  /** Whether the open message has more fields. */
  more(): boolean {
    return this.pos < this.limit;
  }

  /** Enters a length-delimited message and returns what `close` needs. */
  open(): number {
    const outer = this.limit;
    this.limit = this.lengthEnd();
    return outer;
  }

  close(outer: number): void {
    this.pos = this.limit;
    this.limit = outer;
  }

  /** Visits the message that lies between two offsets, found earlier, and comes back to where it was. */
  revisit(start: number, end: number, visit: () => void): void {
    const { pos, limit } = this;
    this.pos = start;
    this.limit = end;
    visit();
    this.pos = pos;
    this.limit = limit;
  }

  tag(): number {
    const tag = this.varint();
    if (tag >>> 3 === 0 || tag > fieldMax * 8 + 7) this.fail("a field number out of range");
    return tag;
  }

  /** An unsigned varint as a number; above 2^53 it is the nearest double. */
  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 128;
    for (let i = 1; i < 10; i += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return this.fail("a varint of more than 10 bytes");
  }

  /** A varint in two's complement (int32, int64, enums). Exact within 53 bits. */
  signedVarint(): number {
    const start = this.pos;
    const value = this.varint();
    if (this.pos - start < 10) return value;
    let bits = 0n;
    for (let i = 9; i >= 0; i -= 1) bits = (bits << 7n) | BigInt((this.bytes[start + i] ?? 0) & 0x7f);
    return Number(BigInt.asIntN(64, bits));
  }

  /** A zigzag varint (sint32). */
  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  fixed64(): number {
    const at = this.take(8);
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 4_294_967_296;
  }

  signedFixed64(): number {
    const at = this.take(8);
    return this.view.getUint32(at, true) + this.view.getInt32(at + 4, true) * 4_294_967_296;
  }

  /** A length-delimited text, decoded at most `bytesMax` bytes long. Bytes that are not UTF-8 become U+FFFD. */
  text(bytesMax: number): string {
    const end = this.lengthEnd();
    const start = this.pos;
    this.pos = end;
    if (end - start <= shortTextMax) return this.shortText(start, end);
    return this.bytes.toString("utf8", start, Math.min(end, start + bytesMax));
  }

  /** A length-delimited id as lower-case hex; empty when it has another length. */
  hex(length: number): string {
    const end = this.lengthEnd();
    const start = this.pos;
    this.pos = end;
    return end - start === length ? this.bytes.toString("hex", start, end) : "";
  }

  /** End of the length-delimited field that starts here; the position moves to its first byte. */
  lengthEnd(): number {
    const end = this.varint() + this.pos;
    if (end > this.limit) this.fail("a length beyond its message");
    return end;
  }

  /** Passes over a field this reader does not know. */
  skip(tag: number): void {
    switch (tag & 7) {
      case wire.varint:
        this.varint();
        return;
      case wire.fixed64:
        this.take(8);
        return;
      case wire.bytes:
        this.pos = this.lengthEnd();
        return;
      case wire.fixed32:
        this.take(4);
        return;
      default:
        this.fail("a wire type OTLP does not use");
    }
  }

  fail(what: string): never {
    throw new Malformed(`${what} at byte ${this.pos} of ${this.bytes.byteLength}`);
  }

  private byte(): number {
    if (this.pos >= this.limit) this.fail("a field cut short");
    const byte = this.bytes[this.pos] ?? 0;
    this.pos += 1;
    return byte;
  }

  private take(count: number): number {
    const at = this.pos;
    if (at + count > this.limit) this.fail("a field cut short");
    this.pos = at + count;
    return at;
  }

  /** A few bytes choose the slot; what is found there is compared whole, so a collision costs time and never a text. */
  private shortText(start: number, end: number): string {
    const { bytes } = this;
    const step = ((end - start) >> 3) + 1;
    let hash = end - start;
    for (let i = end - 1; i >= start; i -= step) hash = Math.imul(hash ^ (bytes[i] ?? 0), 16_777_619);
    const slot = (hash ^ (hash >>> 15)) & (slots - 1);
    const known = seen[slot];
    if (known !== undefined && sameAscii(known, bytes, start, end)) return known;
    const text = bytes.toString("utf8", start, end);
    seen[slot] = text;
    return text;
  }
}

function sameAscii(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
