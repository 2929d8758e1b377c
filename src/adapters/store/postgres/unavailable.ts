import { AdapterError } from "../../../ports/adapter-error.ts";

/**
 * SQLSTATE classes (Postgres, appendix A) that pass: connection (08), resources such as a full disk, memory or too many
 * connections (53), operator intervention such as a shutdown or a cancelled statement (57), deadlock and serialisation (40),
 * a lock not given (55), input or output (58); a standby that is not promoted yet, and a transaction ended for idling.
 */
const passing = /^(08|53|57|40|55|58|25006$|25P03$)/;
const network = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** What the driver itself says has no code. */
const driver = /timeout|terminated|connection|not queryable/i;

/** SQLSTATE or system error code of a failure, when it has one. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** Names a database failure: `unavailable` may be tried again, `database` is refused for good. */
export function named(error: unknown): AdapterError {
  if (error instanceof AdapterError) return error;
  const code = codeOf(error);
  const message = error instanceof Error && error.message !== "" ? error.message : (code ?? String(error));
  const passes = code === undefined ? driver.test(message) : passing.test(code) || network.has(code);
  if (!passes) return new AdapterError("database", `the database refused: ${message}`, { cause: error });
  const what = code === "53100" ? "the database's disk is full" : "the database is not available";
  return new AdapterError("unavailable", `${what}: ${message}`, { retryable: true, cause: error });
}
