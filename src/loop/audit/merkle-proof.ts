import { invariant } from "../../kernel/assert.ts";
import type { Hash, MerkleTree } from "./merkle.ts";
import { emptyRoot, hashAt, hashNode, sameHash } from "./merkle.ts";

/** Siblings from the leaf up to the root: RFC 6962 section 2.1.1, PATH(index, D[size]). */
export function inclusionProof(tree: MerkleTree, index: number): Hash[] {
  invariant(Number.isInteger(index) && index >= 0 && index < tree.size, `no leaf ${index} in a tree of ${tree.size}`);
  const proof: Hash[] = [];
  let at = index;
  for (const level of tree.levels) {
    const sibling = level[at % 2 === 0 ? at + 1 : at - 1];
    if (sibling) proof.push(sibling);
    at = half(at);
  }
  return proof;
}

/** Whether the root is the fold of the leaf and the proof: RFC 9162 section 2.1.3.2. */
export function verifyInclusion(
  leaf: { readonly index: number; readonly hash: Hash },
  size: number,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (!isCount(leaf.index) || !isCount(size) || leaf.index >= size) return false;
  let at = leaf.index;
  let last = size - 1;
  let hash = leaf.hash;
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== 32) return false;
    if (at % 2 === 1 || at === last) {
      hash = hashNode(sibling, hash);
      for (; at % 2 === 0 && at > 0; at = half(at)) last = half(last);
    } else hash = hashNode(hash, sibling);
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameHash(hash, root);
}

/** RFC 6962 section 2.1.2: PROOF(oldSize, D[size]). Empty for 0 and for the size itself. */
export function consistencyProof(tree: MerkleTree, oldSize: number): Hash[] {
  invariant(isCount(oldSize) && oldSize <= tree.size, `no tree of ${oldSize} in one of ${tree.size}`);
  if (oldSize === 0 || oldSize === tree.size) return [];
  const proof: Hash[] = [];
  let [from, to, wholeOld] = [0, tree.size, true];
  while (oldSize !== to) {
    const middle = from + largestPowerBelow(to - from);
    if (oldSize <= middle) {
      proof.push(nodeOver(tree, middle, to));
      to = middle;
    } else {
      proof.push(nodeOver(tree, from, middle));
      from = middle;
      wholeOld = false;
    }
  }
  if (!wholeOld) proof.push(nodeOver(tree, from, to));
  return proof.toReversed();
}

interface Head {
  readonly size: number;
  readonly root: Hash;
}

/** Whether the new tree extends the old one without changing it: RFC 9162 section 2.1.4.2. */
export function verifyConsistency(old: Head, current: Head, proof: readonly Hash[]): boolean {
  if (!isCount(old.size) || !isCount(current.size) || old.size > current.size) return false;
  if (proof.some((hash) => hash.length !== 32)) return false;
  if (old.size === 0) return proof.length === 0 && sameHash(old.root, emptyRoot());
  if (old.size === current.size) return proof.length === 0 && sameHash(old.root, current.root);
  return proof.length > 0 && foldConsistency(old, current, proof);
}

function foldConsistency(old: Head, current: Head, proof: readonly Hash[]): boolean {
  // Where the old size is a power of two its root is itself a node of the new tree, and the proof leaves it out.
  const [seed, ...rest] = isPowerOfTwo(old.size) ? [old.root, ...proof] : proof;
  if (!seed) return false;
  let [at, last] = [old.size - 1, current.size - 1];
  for (; at % 2 === 1; at = half(at)) last = half(last);
  let [oldHash, newHash] = [seed, seed];
  for (const node of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldHash = hashNode(node, oldHash);
      newHash = hashNode(node, newHash);
      for (; at % 2 === 0 && at > 0; at = half(at)) last = half(last);
    } else newHash = hashNode(newHash, node);
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameHash(oldHash, old.root) && sameHash(newHash, current.root);
}

/** The node over leaves [from, to): a complete subtree, or one that ends where the tree ends. */
function nodeOver(tree: MerkleTree, from: number, to: number): Hash {
  const level = Math.ceil(Math.log2(to - from));
  return hashAt(tree.levels[level] ?? [], Math.floor(from / 2 ** level));
}

const half = (n: number): number => Math.floor(n / 2);
const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const isPowerOfTwo = (n: number): boolean => n === 2 ** Math.round(Math.log2(n));
const largestPowerBelow = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1);
