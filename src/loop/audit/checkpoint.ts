import type { Result } from "../../kernel/result.ts";
import { err, ok } from "../../kernel/result.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import type { Hash } from "./merkle.ts";
import type { SignedNote, VerifierKey } from "./note.ts";
import { openNote } from "./note.ts";

/** Head of the log at one size, as C2SP tlog-checkpoint writes it. */
export interface Checkpoint {
  /** Identity of the log; the same as the name of its key. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Opaque signed lines after the root. Homeostat writes none. */
  readonly extensions: readonly string[];
}

/** The text to sign: origin, size in decimal, root in Base 64, each with a newline. */
export const checkpointText = (head: Pick<Checkpoint, "origin" | "size" | "root">): string =>
  `${head.origin}\n${head.size}\n${encodeBase64(head.root)}\n`;

export function parseCheckpoint(text: string): Result<Checkpoint, string> {
  if (!text.endsWith("\n")) return err("a checkpoint ends in a newline");
  const lines = text.slice(0, -1).split("\n");
  if (lines.length < 3 || lines.includes("")) return err("a checkpoint has at least three lines and no empty one");
  const [origin = "", sizeText = "", rootText = "", ...extensions] = lines;
  const size = Number(sizeText);
  if (!/^(0|[1-9][0-9]*)$/.test(sizeText) || !Number.isSafeInteger(size))
    return err(`the size \`${sizeText}\` of the checkpoint is not a whole decimal number`);
  const root = decodeBase64(rootText);
  if (root?.length !== 32)
    return err(`the root \`${rootText}\` of the checkpoint is not 32 bytes in canonical Base 64`);
  return ok({ origin, size, root, extensions });
}

/** A checkpoint signed by the log's own key; the origin must be the key's name. */
export function openCheckpoint(
  note: string,
  key: VerifierKey,
): Result<Checkpoint & { readonly note: SignedNote }, string> {
  const opened = openNote(note, key);
  if (!opened.ok) return opened;
  const checkpoint = parseCheckpoint(opened.value.text);
  if (!checkpoint.ok) return checkpoint;
  if (checkpoint.value.origin !== key.name)
    return err(`the checkpoint speaks of the log \`${checkpoint.value.origin}\`, the key of \`${key.name}\``);
  return ok({ ...checkpoint.value, note: opened.value });
}
