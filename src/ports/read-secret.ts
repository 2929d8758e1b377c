import { readFile } from "node:fs/promises";
import type { CredentialRef } from "../loop/signal/credential-ref.ts";
import { AdapterError } from "./adapter-error.ts";

/** A secret by reference, `env:NAME` or `file:PATH`; read each time, so that a rotated one is used at once (K5). */
export async function readSecret(ref: string): Promise<string> {
  const [kind, name] = [ref.slice(0, ref.indexOf(":")), ref.slice(ref.indexOf(":") + 1)];
  const secret =
    kind === "env"
      ? process.env[name]
      : kind === "file"
        ? (await readFile(name, "utf8").catch(() => "")).trim()
        : undefined;
  if (!secret) throw new AdapterError("no-secret", `the secret \`${ref}\` is not there`, { retryable: true });
  return secret;
}

/** The header that shows it; none without a reference. A secret that breaks the header is refused without being shown. */
export async function authorization(ref: CredentialRef | undefined): Promise<Record<string, string>> {
  const named = ref?.bearer ?? ref?.basic;
  if (named === undefined) return {};
  const secret = await readSecret(named);
  if (!/^[\x20-\x7e]+$/.test(secret))
    throw new AdapterError(
      "no-secret",
      `the secret \`${named}\` holds a line break or another character no header takes`,
    );
  return {
    authorization: ref?.bearer === undefined ? `Basic ${Buffer.from(secret).toString("base64")}` : `Bearer ${secret}`,
  };
}
