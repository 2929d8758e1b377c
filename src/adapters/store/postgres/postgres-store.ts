import type { Store } from "../../../ports/store.ts";
import { approvalStore } from "./approvals.ts";
import { auditStore } from "./audit.ts";
import { ask, connect } from "./database.ts";
import { inboxStore } from "./inbox.ts";
import { incidentStore } from "./incidents.ts";
import { knownGoodStore } from "./known-good.ts";
import { learnedStore } from "./learned.ts";
import { leaseStore } from "./leases.ts";
import { migrate } from "./migrate.ts";
import { prune } from "./prune.ts";
import { runStore } from "./runs.ts";
import { stopStore } from "./stops.ts";
import { tokenStore } from "./tokens.ts";
import { windowStore } from "./windows.ts";

export interface PostgresStoreOptions {
  readonly url: string;
  readonly poolMax?: number;
  /** Told when an idle connection breaks; the pool makes a new one by itself. */
  readonly lost?: (error: Error) => void;
}

export interface PostgresStore extends Store {
  /** Brings the schema up to this version; opening does it already. */
  migrate(): Promise<void>;
  /** Deletes processed inbox items, tokens and leases that ended before a time. Gives how many rows went. */
  prune(beforeMs: number): Promise<number>;
}

/** The store on Postgres 14 or newer, in the schema `homeostat`, migrated to this version. */
export async function openPostgresStore({
  url,
  poolMax = 12,
  lost = () => undefined,
}: PostgresStoreOptions): Promise<PostgresStore> {
  const db = connect({ url, max: poolMax, lost });
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
    learned: learnedStore(db),
    migrate: () => migrate(db),
    prune: (beforeMs) => prune(db, beforeMs),
    close: () => ask(() => db.destroy()),
  };
}
