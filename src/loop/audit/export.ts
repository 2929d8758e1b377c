import { canonicalJson } from "../../kernel/canonical-json.ts";
import type { Result } from "../../kernel/result.ts";
import { err, ok } from "../../kernel/result.ts";
import type { Hash, MerkleTree } from "./merkle.ts";
import { hashAt } from "./merkle.ts";
import { inclusionProof } from "./merkle-proof.ts";

/**
 * The lines of an export, see docs/audit-format.md. Each is canonical JSON (RFC 8785) and ends in one newline, and each is
 * decided by the records and the checkpoint alone: there is exactly one right file for a log of a given size.
 */
export const exportFormat = "homeostat-audit/1";

/** One line of a leaf, taken apart. It is a claim until its proof was checked. */
export interface LeafLine {
  readonly index: number;
  readonly leafHash: string;
  /** Hex hashes of the inclusion proof, from the leaf's sibling up. */
  readonly proof: readonly string[];
  /** The exact canonical JSON that was hashed. */
  readonly record: string;
}

export const headerLine = (origin: string, size: number): string =>
  `${canonicalJson({ format: exportFormat, origin, size })}\n`;

export const checkpointLine = (note: string): string => `${canonicalJson({ checkpoint: note })}\n`;

/** The record goes in as it is: its bytes are what was hashed, and being canonical they keep the whole line canonical. */
export const leafLine = (leaf: LeafLine): string =>
  `{"index":${leaf.index},"leafHash":"${leaf.leafHash}","proof":${JSON.stringify(leaf.proof)},"record":${leaf.record}}\n`;

/** The line of one leaf of a tree. */
export const leafLineOf = (tree: MerkleTree, index: number, record: string): string =>
  leafLine({
    index,
    leafHash: hex(hashAt(tree.levels[0] ?? [], index)),
    proof: inclusionProof(tree, index).map(hex),
    record,
  });

const leafForm =
  /^\{"index":(?<index>0|[1-9][0-9]{0,14}),"leafHash":"(?<leafHash>[0-9a-f]{64})","proof":\[(?<proof>(?:"[0-9a-f]{64}"(?:,"[0-9a-f]{64}"){0,52})?)\],"record":(?<record>\{.*\})\}$/su;

/** A line without its newline. `undefined` unless it is written exactly as `leafLine` would. */
export function parseLeafLine(line: string): LeafLine | undefined {
  const found = leafForm.exec(line)?.groups;
  if (!found) return undefined;
  const proof = (found["proof"] ?? "").match(/[0-9a-f]{64}/g) ?? [];
  return { index: Number(found["index"]), leafHash: found["leafHash"] ?? "", proof, record: found["record"] ?? "" };
}

/** The note inside a checkpoint line (without its newline). Refuses any other spelling of the same JSON. */
export function parseCheckpointLine(line: string): Result<string, string> {
  const value = parseJson(line);
  const note = typeof value === "object" && value !== null && "checkpoint" in value ? value.checkpoint : undefined;
  if (typeof note !== "string")
    return err("the last line is not a checkpoint, the end of the file is missing or was altered");
  if (!note.isWellFormed() || checkpointLine(note) !== `${line}\n`)
    return err("the checkpoint line is not canonical JSON, it was altered");
  return ok(note);
}

/** Why a record is not what the log may hold, or `undefined` when it is fine. */
export function recordFault(record: string): string | undefined {
  const value = parseJson(record);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it is not a JSON object";
  if (!("v" in value) || !Number.isSafeInteger(value.v)) return "it has no version `v`";
  return isCanonical(value, record) ? undefined : "it is not in canonical form (RFC 8785)";
}

function isCanonical(value: unknown, text: string): boolean {
  try {
    return canonicalJson(value) === text;
  } catch {
    // Lone surrogates and the like have no canonical form.
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const hex = (hash: Hash): string => Buffer.from(hash).toString("hex");
