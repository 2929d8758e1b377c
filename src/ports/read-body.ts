import { AdapterError } from "./adapter-error.ts";

/** A body of somebody else's, decompressed, up to a number of bytes; more is refused (I11). Rejects when it breaks off. */
export async function readBody(response: Response, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let seen = 0;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    seen += bytes.length;
    if (seen > bytesMax) throw new AdapterError("too-much", `the answer is larger than ${bytesMax} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
