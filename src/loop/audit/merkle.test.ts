import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Hash } from "./merkle.ts";
import { emptyRoot, hashLeaf, merkleFrontier, merkleTree, rootOf, rootOfPrefix } from "./merkle.ts";
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from "./merkle-proof.ts";

/** RFC 6962 section 2.1, word for word and as slow as that. */
const sha = (...parts: Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();
const split = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};
function mth(d: readonly Uint8Array[]): Buffer {
  if (d.length === 0) return sha();
  if (d.length === 1) return sha(Buffer.from([0]), d[0] ?? Buffer.alloc(0));
  const k = split(d.length);
  return sha(Buffer.from([1]), mth(d.slice(0, k)), mth(d.slice(k)));
}
function path(m: number, d: readonly Uint8Array[]): Buffer[] {
  if (d.length === 1) return [];
  const k = split(d.length);
  return m < k ? [...path(m, d.slice(0, k)), mth(d.slice(k))] : [...path(m - k, d.slice(k)), mth(d.slice(0, k))];
}
function subproof(m: number, d: readonly Uint8Array[], b: boolean): Buffer[] {
  if (m === d.length) return b ? [] : [mth(d)];
  const k = split(d.length);
  if (m <= k) return [...subproof(m, d.slice(0, k), b), mth(d.slice(k))];
  return [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))];
}

const hexes = (hashes: readonly Uint8Array[]): string[] => hashes.map((h) => Buffer.from(h).toString("hex"));
const bytes = (text: string): Buffer => Buffer.from(text, "hex");
const treeOver = (leaves: readonly Uint8Array[]) => merkleTree(leaves.map(hashLeaf));
const leavesOf = (n: number): Buffer[] => Array.from({ length: n }, (_, i) => Buffer.from(`leaf ${i}`));

// The vectors of the Certificate Transparency reference implementation.
const ctLeaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ctRoots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const ctTree = (n: number) => treeOver(ctLeaves.slice(0, n).map(bytes));

describe("known vectors", () => {
  it("hashes nothing, an empty leaf and the reference trees as Certificate Transparency does", () => {
    expect(hexes([emptyRoot(), rootOf(merkleTree([]))])).toEqual(
      Array(2).fill("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    );
    expect(
      ctLeaves.map((_, i) => Buffer.from(rootOf(treeOver(ctLeaves.slice(0, i + 1).map(bytes)))).toString("hex")),
    ).toEqual(ctRoots);
  });

  it("gives the reference proofs", () => {
    expect(hexes(inclusionProof(ctTree(8), 5))).toEqual([
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    expect(hexes(consistencyProof(ctTree(8), 6))).toEqual([
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    expect(hexes(consistencyProof(ctTree(7), 6))).toEqual([
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
  });
});

describe("against RFC 6962's own definitions", () => {
  it("agrees on roots and every proof of every small tree", () => {
    for (let n = 1; n <= 20; n++) {
      const leaves = leavesOf(n);
      const tree = treeOver(leaves);
      expect(hexes([rootOf(tree)])).toEqual(hexes([mth(leaves)]));
      for (let m = 0; m < n; m++) expect(hexes(inclusionProof(tree, m))).toEqual(hexes(path(m, leaves)));
      for (let m = 1; m < n; m++) expect(hexes(consistencyProof(tree, m))).toEqual(hexes(subproof(m, leaves, true)));
    }
  });

  it("appends one leaf at a time to the same root", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 70 }), fc.nat(), (leaves, cut) => {
        const hashes = leaves.map(hashLeaf);
        const frontier = merkleFrontier();
        for (const hash of hashes) frontier.append(hash);
        expect(frontier.size).toBe(leaves.length);
        expect(hexes([frontier.root()])).toEqual(hexes([mth(leaves)]));
        const old = leaves.length === 0 ? 0 : cut % leaves.length;
        expect(hexes([rootOfPrefix(hashes, old)])).toEqual(hexes([mth(leaves.slice(0, old))]));
      }),
    );
  });
});

const flipped = (proof: readonly Hash[], at: number): Hash[] =>
  proof.map((hash, i) => (i === at ? Uint8Array.from(hash, (byte, j) => (j === 0 ? byte ^ 8 : byte)) : hash));

describe("verification", () => {
  const sizes = fc
    .tuple(fc.integer({ min: 1, max: 65 }), fc.nat(), fc.nat())
    .map(([n, a, b]) => ({ n, index: a % n, old: (b % n) + 1 }));

  it("accepts right inclusion proofs and no other index, size, leaf, root or proof", () => {
    fc.assert(
      fc.property(sizes, ({ n, index }) => {
        const tree = treeOver(leavesOf(n));
        const [proof, root, hash] = [inclusionProof(tree, index), rootOf(tree), hashLeaf(Buffer.from(`leaf ${index}`))];
        const check = (i: number, size: number, p: readonly Hash[], h = hash, r = root) =>
          verifyInclusion({ index: i, hash: h }, size, p, r);
        expect(check(index, n, proof)).toBe(true);
        for (let other = -1; other <= n; other++) if (other !== index) expect(check(other, n, proof)).toBe(false);
        expect(check(index, n, proof, hashLeaf(Buffer.from("other")))).toBe(false);
        expect(check(index, n, proof, hash, hashLeaf(Buffer.from("other")))).toBe(false);
        expect(check(index, n, [...proof, root])).toBe(false);
        if (proof.length > 0) expect(check(index, n, proof.slice(1))).toBe(false);
        proof.forEach((_, i) => expect(check(index, n, flipped(proof, i))).toBe(false));
      }),
    );
  });

  it("accepts right consistency proofs and no other", () => {
    fc.assert(
      fc.property(sizes, ({ n, old }) => {
        const leaves = leavesOf(n);
        const tree = treeOver(leaves);
        const [was, is] = [
          { size: old, root: mth(leaves.slice(0, old)) },
          { size: n, root: rootOf(tree) },
        ];
        const proof = consistencyProof(tree, old);
        expect(verifyConsistency(was, is, proof)).toBe(true);
        expect(verifyConsistency({ ...was, root: hashLeaf(Buffer.from("other")) }, is, proof)).toBe(false);
        expect(verifyConsistency(was, { ...is, root: hashLeaf(Buffer.from("other")) }, proof)).toBe(false);
        expect(verifyConsistency(was, is, [...proof, is.root])).toBe(false);
        if (proof.length > 0) expect(verifyConsistency(was, is, proof.slice(1))).toBe(false);
        proof.forEach((_, i) => expect(verifyConsistency(was, is, flipped(proof, i))).toBe(false));
      }),
    );
  });

  it("holds a log that shrank or forgot everything inconsistent", () => {
    const root = hashLeaf(Buffer.from("x"));
    expect(verifyConsistency({ size: 2, root }, { size: 1, root }, [])).toBe(false);
    expect(verifyConsistency({ size: 0, root }, { size: 1, root }, [])).toBe(false);
    expect(verifyConsistency({ size: 0, root: emptyRoot() }, { size: 1, root }, [])).toBe(true);
  });
});
