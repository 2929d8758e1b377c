import { canonicalJson } from "../kernel/canonical-json.ts";
import { digestOf } from "../kernel/digest.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Commitment } from "../loop/audit/commitment.ts";
import { commit, committedName, committedValue, escapePointer } from "../loop/audit/commitment.ts";
import { hex } from "../loop/audit/export.ts";
import { hashLeaf } from "../loop/audit/merkle.ts";
import type { AuditRecord } from "../loop/audit/record.ts";
import { redactJson, redactText } from "../ports/redact-json.ts";
import type { Redactor } from "../ports/redactor.ts";

/** What happened, before it is a record: `personal` names members of the body that hold text about a person. */
export type AuditEntry = Omit<AuditRecord, "v"> & { readonly personal?: readonly string[] };

export interface SealedRecord {
  readonly record: AuditRecord;
  /** RFC 8785 text; its UTF-8 bytes are the leaf. */
  readonly canonical: string;
  /** Hex RFC 6962 leaf hash. */
  readonly leafHash: string;
  readonly salts: readonly {
    readonly recordKey: string;
    readonly field: string;
    readonly salt: string;
    readonly value: string;
  }[];
}

/** Larger bodies are replaced by their size and digest (I11). */
const bodyCharsMax = 256 * 1024;
/** Members that always name a person, wherever they stand in a body. */
const namesPerson: ReadonlySet<string> = new Set(["by", "person"]);

/** Redacts, commits what is personal, and hashes. `newSalt` gives 64 hex digits of fresh randomness. Upholds I10. */
export function sealRecord(entry: AuditEntry, redactor: Redactor, newSalt: () => string): SealedRecord {
  const { personal = [], ...rest } = entry;
  const plain = redactEntry(rest, redactor);
  const salts: SealedRecord["salts"][number][] = [];
  const conceal = (pointer: string, value: string): Commitment => {
    const salt = newSalt();
    const commitment = commit({ recordKey: plain.key, pointer, value }, salt);
    // The commitment is part of the name: a retry has new salts, and only those of the logged record count.
    salts.push({ recordKey: plain.key, field: `${pointer} ${commitment}`, salt, value });
    return commitment;
  };
  const person = entry.actor.kind === "person" ? entry.actor.name : undefined;
  const actor =
    person === undefined
      ? plain.actor
      : { kind: entry.actor.kind, name: committedName(conceal("/actor/name", person)) };
  const body = concealPersons(plain.body, { person, personal: new Set(personal), conceal });
  const record: AuditRecord = { ...plain, actor, body };
  const canonical = canonicalJson(record);
  return { record, canonical, leafHash: hex(hashLeaf(Buffer.from(canonical))), salts };
}

function redactEntry(entry: Omit<AuditRecord, "v">, redactor: Redactor): AuditRecord {
  const body = redactJson(entry.body, redactor);
  const plain = {
    v: 1 as const,
    type: entry.type,
    atMs: entry.atMs,
    subject: redactText(entry.subject, redactor),
    configCommit: redactText(entry.configCommit, redactor),
    body: withinLimit(body),
  };
  const key = redactText(entry.key, redactor);
  // Keys that differ only in what was masked must stay different keys, or a record would be taken for a repetition.
  const told = key === entry.key ? key : `${key}#${digestOf(plain).slice(7, 23)}`;
  return { ...plain, key: told, actor: { kind: entry.actor.kind, name: redactText(entry.actor.name, redactor) } };
}

function withinLimit(body: JsonObject): JsonObject {
  const text = canonicalJson(body);
  return text.length <= bodyCharsMax ? body : { oversize: { chars: text.length, digest: digestOf(body) } };
}

interface Concealment {
  /** The actor's name, when a person acts: a body that repeats it alone says no more than the actor does. */
  readonly person: string | undefined;
  readonly personal: ReadonlySet<string>;
  conceal(pointer: string, value: string): Commitment;
}

function concealPersons(body: JsonObject, how: Concealment): JsonObject {
  const walk = (value: Json, pointer: string): Json => {
    if (typeof value === "string") return value === how.person ? committedValue(how.conceal(pointer, value)) : value;
    if (typeof value !== "object" || value === null) return value;
    return isList(value) ? value.map((item, i) => walk(item, `${pointer}/${i}`)) : concealMembers(value, pointer);
  };
  const concealMembers = (value: JsonObject, pointer: string): JsonObject =>
    Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const at = `${pointer}/${escapePointer(name)}`;
        const isPersonal =
          namesPerson.has(name) ||
          (name === "name" && value["kind"] === "person") ||
          (pointer === "/body" && how.personal.has(name));
        return [
          name,
          isPersonal && typeof member === "string" ? committedValue(how.conceal(at, member)) : walk(member, at),
        ];
      }),
    );
  return concealMembers(body, "/body");
}

const isList = (value: readonly Json[] | JsonObject): value is readonly Json[] => Array.isArray(value);
