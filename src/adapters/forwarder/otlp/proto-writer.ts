/** Bytes kept free in front of a message for its length; written as a varint of that many bytes, which every reader takes. */
const lengthBytes = 4;

/** Writes Protocol Buffers into one growing buffer. Fast: one allocation a batch, no message is built before it is written. */
export class ProtoWriter {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  private at = 0;

  varint(field: number, value: number): void {
    this.room(20);
    this.plain(field * 8);
    this.plain(value);
  }

  /** A time in milliseconds as nanoseconds. */
  nanos(field: number, timeMs: number): void {
    const whole = Math.trunc(timeMs);
    this.fixed64(field, BigInt(whole) * 1_000_000n + BigInt(Math.round((timeMs - whole) * 1e6)));
  }

  fixed64(field: number, value: bigint): void {
    this.room(20);
    this.plain(field * 8 + 1);
    this.at = this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.at);
  }

  double(field: number, value: number): void {
    this.room(20);
    this.plain(field * 8 + 1);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  text(field: number, value: string): void {
    const bytes = Buffer.byteLength(value);
    this.room(20 + bytes);
    this.plain(field * 8 + 2);
    this.plain(bytes);
    this.at += this.buffer.write(value, this.at);
  }

  hex(field: number, value: string): void {
    this.room(20 + value.length);
    this.plain(field * 8 + 2);
    this.plain(value.length / 2);
    this.at += this.buffer.write(value, this.at, "hex");
  }

  /** Numbers of 8 bytes each, packed. */
  packed(field: number, values: readonly number[], as: "double" | "fixed64"): void {
    this.room(20 + 8 * values.length);
    this.plain(field * 8 + 2);
    this.plain(8 * values.length);
    for (const value of values)
      this.at =
        as === "double"
          ? this.buffer.writeDoubleLE(value, this.at)
          : this.buffer.writeBigUInt64LE(BigInt(Math.max(0, Math.round(value))), this.at);
  }

  message(field: number, write: () => void): void {
    this.room(20);
    this.plain(field * 8 + 2);
    const start = (this.at += lengthBytes);
    write();
    let rest = this.at - start;
    for (let i = lengthBytes; i > 0; i--) {
      this.buffer[start - i] = (rest & 127) | (i > 1 ? 128 : 0);
      rest >>>= 7;
    }
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  /** A varint of a number that is whole and not negative. */
  private plain(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.buffer[this.at++] = (rest & 127) | 128;
    this.buffer[this.at++] = rest;
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, this.at + bytes));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}
