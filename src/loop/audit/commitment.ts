import { digestOf } from "../../kernel/digest.ts";
import type { JsonObject } from "../../kernel/json.ts";
import type { AuditRecord } from "./record.ts";

/**
 * Personal data is not in the log, only a salted commitment to it: whoever holds salt and value can show what was meant,
 * nobody else can guess it, and erasing the salt erases the datum while the log stays whole (K3).
 */
export type Commitment = `sha256:${string}`;

/** What is committed: a value at a JSON pointer (RFC 6901) of one record. */
export interface Committed {
  readonly recordKey: string;
  readonly pointer: string;
  readonly value: string;
}

/** 64 hex digits of randomness, new for every commitment; with less, a name could be guessed. */
const saltForm = /^[0-9a-f]{64}$/;

/** SHA-256 over the RFC 8785 form of `{"pointer","recordKey","salt","value"}`. */
export function commit(committed: Committed, salt: string): Commitment {
  const { recordKey, pointer, value } = committed;
  return digestOf({ pointer, recordKey, salt, value });
}

/** Whether salt and value are what the commitment was made of. */
export const opensCommitment = (commitment: string, committed: Committed, salt: string): boolean =>
  saltForm.test(salt) && commit(committed, salt) === commitment;

/** The name of a person in a record: `commitment:sha256:<hex>`. */
export const committedName = (commitment: Commitment): string => `commitment:${commitment}`;

/** Any other personal text in a body: `{"commitment":"sha256:<hex>"}`. */
export const committedValue = (commitment: Commitment): JsonObject => ({ commitment });

export interface FoundCommitment {
  readonly pointer: string;
  readonly commitment: string;
}

/** The commitments of a record, wherever they are in its actor and body. */
export function commitmentsOf(record: AuditRecord): FoundCommitment[] {
  const found: FoundCommitment[] = [];
  const walk = (value: unknown, pointer: string): void => {
    if (typeof value === "string") {
      const commitment = /^commitment:(sha256:[0-9a-f]{64})$/.exec(value)?.[1];
      if (commitment) found.push({ pointer, commitment });
    } else if (typeof value === "object" && value !== null) {
      const only = soleCommitment(value);
      if (only) found.push({ pointer, commitment: only });
      else for (const [key, member] of Object.entries(value)) walk(member, `${pointer}/${escapePointer(key)}`);
    }
  };
  walk(record.actor, "/actor");
  walk(record.body, "/body");
  return found;
}

function soleCommitment(value: object): string | undefined {
  const [entry, ...others] = Object.entries(value);
  return entry?.[0] === "commitment" && others.length === 0 && typeof entry[1] === "string" ? entry[1] : undefined;
}

/** A member's name inside a JSON pointer (RFC 6901 section 3). */
export const escapePointer = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
