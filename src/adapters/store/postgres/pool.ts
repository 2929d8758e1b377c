import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import { Pool, type PoolClient } from "pg";

/** Schema of every table; the connection looks nowhere else. */
export const schema = "homeostat";

const connectTimeoutMs = 5_000;
/** A statement of ours takes milliseconds; one that waits this long waits for somebody who hangs. */
const statementTimeoutMs = 15_000;
/** A controller that is paused in the middle of a transaction must not hold its locks against the others. */
const idleInTransactionTimeoutMs = 10_000;
/** Beyond the server's own limit, the server or the way to it is gone and the connection is thrown away. */
const answerTimeoutMs = 20_000;

export interface PoolOptions {
  readonly url: string;
  readonly max: number;
  /** Told when an idle connection breaks. The pool makes another one when one is wanted. */
  readonly lost: (error: Error) => void;
}

export function openDialect({ url, max, lost }: PoolOptions): PostgresDialect {
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    application_name: "homeostat",
    onConnect: async (client) => void (await client.query(`set search_path to ${schema}`)),
  });
  // Without a listener an idle connection that breaks would end the process.
  pool.on("error", lost);
  const guarded: PostgresPool = {
    connect: async () => guard(await pool.connect()),
    end: () => pool.end(),
    options: {},
  };
  return new PostgresDialect({ pool: guarded });
}

/** After an answer that never came, what a connection says next belongs to an older question: it is closed, not reused. */
function guard(client: PoolClient): PostgresPoolClient {
  let broken: Error | undefined;
  // A connection that breaks between two queries of a transaction has nobody else who listens.
  const note = (error: Error): void => void (broken ??= error);
  client.on("error", note);
  const query = async (text: string, values: readonly unknown[]): Promise<unknown> => {
    if (broken) throw broken;
    try {
      return await client.query(text, values.map(storable));
    } catch (error) {
      if (error instanceof Error && error.message === "Query read timeout") broken = error;
      throw error;
    }
  };
  const release = (): void => {
    client.off("error", note);
    client.release(broken);
  };
  // Kysely also knows cursors, which nothing here uses.
  return { query, release } as PostgresPoolClient;
}

/** Postgres has no NUL in text. Documents carry it escaped, as JSON; in the columns beside them it becomes U+FFFD. */
function storable(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("\u0000", "\ufffd");
  return Array.isArray(value) ? value.map(storable) : value;
}
