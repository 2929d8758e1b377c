import type { KeyObject } from "node:crypto";
import { createPublicKey, sign } from "node:crypto";
import { isKeyName } from "../../../loop/audit/note.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { Signer } from "../../../ports/signer.ts";
import { loadOrCreateKey } from "./key-file.ts";

export interface Ed25519SignerOptions {
  /** Name of the key and origin of the log, such as `example.com/homeostat`; no spaces, no `+`. */
  readonly name: string;
  /** PKCS #8 PEM file, made with mode 0600 when it is not there. */
  readonly keyPath: string;
}

/** A signer whose key lies in a file. Refuses a bad name, a key others may read and anything that is no Ed25519 key. */
export async function createEd25519Signer({ name, keyPath }: Ed25519SignerOptions): Promise<Signer> {
  if (!isKeyName(name))
    throw new AdapterError("invalid-name", `\`${name}\` cannot name a key, leave out spaces and plus signs`);
  const key = await loadOrCreateKey(keyPath);
  return {
    name,
    publicKey: rawPublicKey(key),
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, key))),
  };
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  return new Uint8Array(Buffer.from(x, "base64url"));
}
