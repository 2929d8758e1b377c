import { readFile } from "node:fs/promises";
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
