/** A message to write: fields in the order given. Numbers say how they stand on the wire. */
export type WireField =
  | { readonly field: number; readonly varint: number | bigint }
  | { readonly field: number; readonly zigzag: number }
  | { readonly field: number; readonly fixed64: bigint }
  | { readonly field: number; readonly double: number }
  | { readonly field: number; readonly bytes: Uint8Array }
  | { readonly field: number; readonly text: string }
  | { readonly field: number; readonly message: readonly WireField[] };

/** Bytes of a message in the Protocol Buffers wire format. For answers and small requests; simple, not fast. */
export function writeMessage(fields: readonly WireField[]): Buffer {
  return Buffer.concat(fields.map(writeField));
}

/** An unsigned 64-bit varint; negative numbers in two's complement. */
export function writeVarint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function writeField(field: WireField): Buffer {
  const tag = (type: number) => writeVarint(field.field * 8 + type);
  if ("varint" in field) return Buffer.concat([tag(0), writeVarint(field.varint)]);
  if ("zigzag" in field)
    return Buffer.concat([tag(0), writeVarint(field.zigzag < 0 ? -2 * field.zigzag - 1 : 2 * field.zigzag)]);
  if ("fixed64" in field)
    return Buffer.concat([tag(1), eight((b) => b.writeBigInt64LE(BigInt.asIntN(64, field.fixed64)))]);
  if ("double" in field) return Buffer.concat([tag(1), eight((b) => b.writeDoubleLE(field.double))]);
  const body =
    "text" in field ? Buffer.from(field.text, "utf8") : "bytes" in field ? field.bytes : writeMessage(field.message);
  return Buffer.concat([tag(2), writeVarint(body.byteLength), body]);
}

function eight(write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(8);
  write(buffer);
  return buffer;
}
