import type { Store } from "../../../ports/store.ts";
import { approvalStore } from "./approvals.ts";
import { auditStore } from "./audit.ts";
import { ask, connect } from "./database.ts";
import { inboxStore, knownGoodStore } from "./inbox.ts";
import { incidentStore } from "./incidents.ts";
import { migrate } from "./migrate.ts";
import { runStore } from "./runs.ts";
import { leaseStore, stopStore } from "./stops-and-leases.ts";
import { tokenStore, windowStore } from "./windows-and-tokens.ts";

export interface PostgresStoreOptions {
  readonly url: string;
  readonly poolMax?: number;
  /** Told when an idle connection breaks; the pool makes a new one by itself. */
  readonly lost?: (error: Error) => void;
}

/** The store on Postgres 14 or newer, in the schema `homeostat`, migrated to this version. */
export async function openPostgresStore({
  url,
  poolMax = 12,
  lost = () => undefined,
}: PostgresStoreOptions): Promise<Store> {
  const db = connect(url, poolMax, lost);
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    incidents: incidentStore(db),
    runs: runStore(db),
    approvals: approvalStore(db),
    stops: stopStore(db),
    leases: leaseStore(db),
    knownGood: knownGoodStore(db),
    inbox: inboxStore(db),
    audit: auditStore(db),
    windows: windowStore(db),
    tokens: tokenStore(db),
    close: () => ask(() => db.destroy()),
  };
}
