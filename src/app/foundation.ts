import { mkdir, readFile, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../adapters/database/embedded/embedded-postgres.ts";
import { createSecretlintRedactor } from "../adapters/redactor/secretlint/secretlint-redactor.ts";
import { createEd25519Signer } from "../adapters/signer/ed25519/ed25519-signer.ts";
import { openPostgresStore, type PostgresStore } from "../adapters/store/postgres/postgres-store.ts";
import { textOfJson } from "../kernel/json.ts";
import { formatVerifierKey } from "../loop/audit/note.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { Redactor } from "../ports/redactor.ts";
import type { Signer } from "../ports/signer.ts";

export interface FoundationOptions {
  readonly dataDir: string;
  readonly databaseUrl?: string;
  readonly log: (text: string) => void;
}

export type OwnDatabase = Pick<EmbeddedPostgres, "dataDir" | "restarts" | "trouble">;

/** What everything else stands on. `close` takes it down, last in, first out. */
export interface Foundation {
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly signer: Signer;
  readonly store: PostgresStore;
  readonly databaseUrl: string;
  /** How the database fares that Homeostat brought itself; undefined when it was given one. */
  readonly ownDatabase: OwnDatabase | undefined;
  close(): Promise<void>;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

export async function layFoundation({ dataDir, databaseUrl, log }: FoundationOptions): Promise<Foundation> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const redactor = createSecretlintRedactor();
  const signer = await createEd25519Signer({ name: await logName(dataDir), keyPath: join(dataDir, "audit.key") });
  const embedded = databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir, log }) : undefined;
  const url = databaseUrl ?? embedded?.url ?? "";
  try {
    const store = await openPostgresStore({
      url,
      lost: (error) => log(`a database connection broke: ${redactor.redact(error.message)}`),
    });
    await oneSigner(store, signer).catch(async (error: unknown) => {
      await store.close();
      throw error;
    });
    return {
      clock: systemClock,
      redactor,
      signer,
      store,
      databaseUrl: url,
      ownDatabase: embedded,
      async close() {
        await store.close().finally(() => embedded?.stop());
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** One log has one key: a controller with another one would make the log unverifiable, and is refused. */
async function oneSigner(store: PostgresStore, signer: Signer): Promise<void> {
  const mine = { key: formatVerifierKey(signer.name, signer.publicKey) };
  const first = await store.tokens.settingOnce("audit-signer", mine);
  if (first["key"] === mine.key) return;
  throw new AdapterError(
    "other-audit-key",
    `the audit log in this database is signed by \`${textOfJson(first["key"])}\`, this data directory has another key: copy \`audit.key\` and \`audit.name\` from the controller that began it`,
  );
}

/** The audit log's origin: a name of its own for every data directory, kept beside the key. */
async function logName(dataDir: string): Promise<string> {
  const file = join(dataDir, "audit.name");
  const kept = (await readFile(file, "utf8").catch(() => "")).trim();
  if (kept !== "") return kept;
  const made = `homeostat.local/${randomBytes(6).toString("hex")}`;
  await writeFile(file, `${made}\n`, { mode: 0o644 });
  return made;
}
