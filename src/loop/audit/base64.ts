/**
 * Bytes of a standard Base 64 text (RFC 4648 section 4) with padding, or `undefined` when the text is not the one
 * canonical form of its bytes: decoders ignore stray bits and characters, so only a round trip tells.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

export const encodeBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
