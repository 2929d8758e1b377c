import { readFile, rename, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Store } from "../ports/store.ts";
import { adminRole } from "./give-token.ts";
import { createToken, tokenSha256 } from "../server/auth.ts";

/** Everything a token may allow. */
const allScopes = ["ingest", "read", "operate", "approve"];

/**
 * The first start makes a credential: nothing is open by default (K4). It belongs to the person who started Homeostat,
 * with the roles the shipped policies know, and lies in `<data>/admin.token` (0600). Later starts use it again.
 */
export async function adminToken(store: Store, dataDir: string): Promise<string> {
  const file = join(dataDir, "admin.token");
  const kept = (await readFile(file, "utf8").catch(() => "")).trim();
  const token = kept === "" ? createToken().token : kept;
  if (kept === "") await writeFile(file, `${token}\n`, { mode: 0o600, flag: "wx" });
  await store.tokens.put({
    sha256: tokenSha256(token),
    name: userInfo().username,
    scopes: allScopes,
    roles: ["operator", "approver", adminRole],
    singleUse: false,
  });
  return token;
}

/** A token for senders only, for those who bring their own: `$HOMEOSTAT_INGEST_TOKEN`. */
export async function acceptIngestToken(store: Store): Promise<void> {
  const token = process.env["HOMEOSTAT_INGEST_TOKEN"];
  if (token)
    await store.tokens.put({
      sha256: tokenSha256(token),
      name: "ingest",
      scopes: ["ingest"],
      roles: [],
      singleUse: false,
    });
}

/** Tells the CLI on this machine where the server is. */
export async function writeConnection(dataDir: string, url: string, token: string): Promise<void> {
  const file = join(dataDir, "connection.json");
  await writeFile(`${file}.new`, JSON.stringify({ url, token }), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
