import { createHash } from "node:crypto";
import { invariant } from "../../kernel/assert.ts";

/** A SHA-256 value, 32 bytes. */
export type Hash = Uint8Array;

/** Hash of a leaf, RFC 6962 section 2.1: SHA-256(0x00 || data). */
export const hashLeaf = (data: Uint8Array): Hash => createHash("sha256").update(leafPrefix).update(data).digest();

/** Hash of an inner node, RFC 6962 section 2.1: SHA-256(0x01 || left || right). */
export const hashNode = (left: Hash, right: Hash): Hash =>
  createHash("sha256").update(nodePrefix).update(left).update(right).digest();

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** Root of the tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Hash => createHash("sha256").digest();

/**
 * Every node of a tree, level by level from the leaves. The last node of an odd level is carried up unchanged, which
 * gives the same root as RFC 6962's split at the largest power of two. Takes about 64 bytes a leaf.
 */
export interface MerkleTree {
  readonly size: number;
  readonly levels: readonly (readonly Hash[])[];
}

export function merkleTree(leafHashes: readonly Hash[]): MerkleTree {
  const levels: (readonly Hash[])[] = [leafHashes];
  for (let level = leafHashes; level.length > 1; levels.push(level)) level = levelAbove(level);
  return { size: leafHashes.length, levels };
}

function levelAbove(level: readonly Hash[]): Hash[] {
  const above: Hash[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const left = hashAt(level, i);
    const right = level[i + 1];
    above.push(right === undefined ? left : hashNode(left, right));
  }
  return above;
}

export const rootOf = (tree: MerkleTree): Hash => (tree.size === 0 ? emptyRoot() : hashAt(tree.levels.at(-1) ?? [], 0));

/** The hash at an index that must be there: a missing one is a defect of the caller. */
export function hashAt(hashes: readonly Hash[], index: number): Hash {
  const hash = hashes[index];
  invariant(hash !== undefined, `no hash at index ${index} of ${hashes.length}`);
  return hash;
}

/** A tree that only grows and keeps one hash a level: enough to append leaves and to know the root. */
export interface MerkleFrontier {
  readonly size: number;
  append(leafHash: Hash): void;
  root(): Hash;
}

export function merkleFrontier(): MerkleFrontier {
  /** Roots of complete subtrees, the largest (leftmost) first; their sizes are the binary digits of `size`. */
  const peaks: Hash[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    append(leafHash) {
      let hash = leafHash;
      for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) hash = hashNode(peaks.pop() ?? hash, hash);
      peaks.push(hash);
      size += 1;
    },
    root: () => (peaks.length === 0 ? emptyRoot() : peaks.reduceRight((right, left) => hashNode(left, right))),
  };
}

/** Root of the tree over the first `size` leaves. */
export function rootOfPrefix(leafHashes: readonly Hash[], size: number): Hash {
  const frontier = merkleFrontier();
  for (let i = 0; i < size; i++) frontier.append(hashAt(leafHashes, i));
  return frontier.root();
}

export const sameHash = (a: Hash, b: Hash): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
