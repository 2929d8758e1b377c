import type { Result } from "../../kernel/result.ts";
import { err, ok } from "../../kernel/result.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { LeafLine } from "./export.ts";
import { headerLine, hex, leafLineOf, parseCheckpointLine, parseLeafLine, recordFault } from "./export.ts";
import { locateTampering } from "./locate.ts";
import type { Hash } from "./merkle.ts";
import { hashLeaf, merkleTree, rootOf, rootOfPrefix, sameHash } from "./merkle.ts";
import type { VerifierKey } from "./note.ts";
import { parseVerifierKey } from "./note.ts";
import type { AuditProblem } from "./problem.ts";

/** The offline verifier. Upholds I12: it imports the kernel and this folder only, and trusts no key from the file. */

export type AuditVerdict =
  | {
      readonly ok: true;
      readonly origin: string;
      readonly size: number;
      /** Hex of the signed root. */
      readonly root: string;
      /** The earlier size that this log was shown to extend, when one was given. */
      readonly extendsSize?: number;
      readonly text: string;
    }
  | { readonly ok: false; readonly problems: readonly AuditProblem[]; readonly text: string };

export interface VerifyOptions {
  /** Verifier key of the log, `name+id+base64`, from a source that is not the file. */
  readonly vkey: string;
  /** An earlier signed checkpoint (the note's text, byte for byte) which the log must extend. */
  readonly since?: string | Uint8Array;
}

/**
 * Judges a whole export: every byte of it is decided by the records and the signed checkpoint, so anything else is
 * refused and named. Never throws on any input. Takes the bytes of the file: text decoding would hide changes.
 * Needs memory of several times the file, which must be under 2 GiB.
 */
export function verifyExport(bytes: Uint8Array, options: VerifyOptions): AuditVerdict {
  const key = parseVerifierKey(options.vkey);
  if (!key.ok) return rejected([{ kind: "checkpoint", text: key.error }]);
  const lines = splitLines(bytes);
  if (!lines.ok) return rejected([{ kind: "form", text: lines.error }]);
  const checkpoint = readCheckpoint(lines.value, key.value);
  if (!checkpoint.ok) return rejected([{ kind: "checkpoint", line: lines.value.length, text: checkpoint.error }]);
  return judge(lines.value, checkpoint.value, key.value, options.since);
}

/** Lines without newlines; `undefined` where a line is not valid UTF-8. */
type Lines = readonly (string | undefined)[];

function splitLines(bytes: Uint8Array): Result<Lines, string> {
  if (bytes.at(-1) !== 0x0a) return err("the file does not end in a newline, its end is missing or was altered");
  const lines: (string | undefined)[] = [];
  for (let from = 0; from < bytes.length;) {
    const to = bytes.indexOf(0x0a, from);
    lines.push(decode(bytes.subarray(from, to)));
    from = to + 1;
  }
  return lines.length < 2 ? err("the file has less than a header and a checkpoint") : ok(lines);
}

/** Fatal and with the byte order mark kept, decoding loses nothing: text and bytes say the same. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readCheckpoint(lines: Lines, key: VerifierKey): Result<Checkpoint, string> {
  const note = parseCheckpointLine(lines.at(-1) ?? "");
  if (!note.ok) return note;
  const checkpoint = openCheckpoint(note.value, key);
  // Other keys' signatures and extensions would be bytes that nothing here vouches for.
  if (checkpoint.ok && checkpoint.value.note.signatures.length !== 1)
    return err("the checkpoint of an export has one signature, the log's");
  if (checkpoint.ok && checkpoint.value.extensions.length > 0)
    return err("the checkpoint of an export has no extension lines");
  return checkpoint;
}

function judge(lines: Lines, head: Checkpoint, key: VerifierKey, since: VerifyOptions["since"]): AuditVerdict {
  const problems: AuditProblem[] = [];
  if (`${lines[0]}\n` !== headerLine(head.origin, head.size)) problems.push(headerProblem(head));
  const leaves = lines.slice(1, -1).map((line) => (line === undefined ? undefined : parseLeafLine(line)));
  const hashes = wholeLog(lines, leaves, head);
  if (!hashes) problems.push(...locateTampering(leaves, head));
  else problems.push(...recordProblems(leaves));
  const old = since === undefined ? undefined : judgeSince(since, head, hashes, key);
  if (old && !old.ok) problems.push({ kind: "history", text: old.error });
  if (!hashes || problems.length > 0) return rejected(problems);
  return accepted(head, old?.ok ? old.value : undefined);
}

/** The leaf hashes, if every line is exactly as the records and the signed root demand. */
function wholeLog(lines: Lines, leaves: readonly (LeafLine | undefined)[], head: Checkpoint): Hash[] | undefined {
  if (leaves.length !== head.size) return undefined;
  const records = leaves.flatMap((leaf) => (leaf ? [leaf.record] : []));
  if (records.length !== head.size) return undefined;
  const hashes = records.map((record) => hashLeaf(Buffer.from(record)));
  const tree = merkleTree(hashes);
  if (!sameHash(rootOf(tree), head.root)) return undefined;
  return records.every((record, i) => leafLineOf(tree, i, record) === `${lines[i + 1]}\n`) ? hashes : undefined;
}

function recordProblems(leaves: readonly (LeafLine | undefined)[]): AuditProblem[] {
  return leaves.flatMap((leaf, index) => {
    const fault = leaf && recordFault(leaf.record);
    return fault
      ? [
          {
            kind: "form" as const,
            index,
            line: index + 2,
            text: `record ${index} was logged in a wrong form: ${fault}`,
          },
        ]
      : [];
  });
}

function judgeSince(
  since: string | Uint8Array,
  head: Checkpoint,
  hashes: readonly Hash[] | undefined,
  key: VerifierKey,
): Result<number, string> {
  const text = typeof since === "string" ? since : decode(since);
  const old = text === undefined ? err("it is not UTF-8 text") : openCheckpoint(text, key);
  if (!old.ok) return err(`the earlier checkpoint cannot be used: ${old.error}`);
  const { size, root } = old.value;
  if (size > head.size)
    return err(`the log had ${size} records at the earlier checkpoint and has ${head.size} now, records were cut off`);
  if (!hashes)
    return err(`whether the log extends the earlier checkpoint of ${size} records cannot be told from an altered file`);
  if (!sameHash(rootOfPrefix(hashes, size), root))
    return err(`the first ${size} records are not those of the earlier checkpoint, the log's history was rewritten`);
  return ok(size);
}

const headerProblem = (head: Checkpoint): AuditProblem => ({
  kind: "form",
  line: 1,
  text: `the header was altered, it must read \`${headerLine(head.origin, head.size).trimEnd()}\``,
});

function accepted(head: Checkpoint, extendsSize: number | undefined): AuditVerdict {
  const root = hex(head.root);
  const since = extendsSize === undefined ? "" : `, an extension of the earlier checkpoint of ${extendsSize} records`;
  const text = `the log \`${head.origin}\` is whole: ${head.size} records under the signed root ${root}${since}`;
  return {
    ok: true,
    origin: head.origin,
    size: head.size,
    root,
    ...(extendsSize === undefined ? {} : { extendsSize }),
    text,
  };
}

/** More problems than this are counted, not listed (I11). */
const problemsMax = 200;

function rejected(problems: readonly AuditProblem[]): AuditVerdict {
  const shown = problems.slice(0, problemsMax);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  return { ok: false, problems: shown, text: [...shown.map((p) => p.text), ...more].join("\n") };
}
