import type { Checkpoint } from "./checkpoint.ts";
import type { LeafLine } from "./export.ts";
import { hex } from "./export.ts";
import { hashLeaf } from "./merkle.ts";
import { verifyInclusion } from "./merkle-proof.ts";
import type { AuditProblem } from "./problem.ts";

/**
 * Says what was done to which record. Every line carries its own proof of inclusion under the signed root, so each is
 * judged alone: one altered line does not make its neighbours doubtful, whoever made it and however carefully.
 */
export function locateTampering(leaves: readonly (LeafLine | undefined)[], head: Checkpoint): AuditProblem[] {
  const places = placesOf(leaves, head);
  const proven = new Set(places.flatMap((place) => (place === undefined ? [] : [place])));
  const altered = new Set<number>();
  const perLine = lineProblems({ leaves, places, proven, altered }, head);
  return [
    ...perLine,
    ...removedProblems(new Set([...proven, ...altered]), head.size),
    ...orderProblems(leaves, places),
  ];
}

/** Where each line's leaf hash really stands in the log, by its proof; `undefined` where the proof holds nowhere near. */
function placesOf(leaves: readonly (LeafLine | undefined)[], head: Checkpoint): (number | undefined)[] {
  // Lines renumbered after a removal or insertion are all off by the same count; look around it.
  let shift = 0;
  return leaves.map((leaf) => {
    if (!leaf) return undefined;
    for (const by of new Set([0, shift, shift + 1, shift - 1])) {
      if (!isProven(leaf, leaf.index + by, head)) continue;
      shift = by;
      return leaf.index + by;
    }
    return undefined;
  });
}

const isProven = (leaf: LeafLine, index: number, head: Checkpoint): boolean =>
  verifyInclusion({ index, hash: bytesOf(leaf.leafHash) }, head.size, leaf.proof.map(bytesOf), head.root);

const bytesOf = (text: string): Buffer => Buffer.from(text, "hex");

interface Judged {
  readonly leaves: readonly (LeafLine | undefined)[];
  readonly places: readonly (number | undefined)[];
  readonly proven: ReadonlySet<number>;
  /** Records that no line proves and one claims to be; filled here. */
  readonly altered: Set<number>;
}

/** What is wrong with single lines, in the order of the file. */
function lineProblems({ leaves, places, proven, altered }: Judged, head: Checkpoint): AuditProblem[] {
  let expected = 0;
  const seen = new Set<number>();
  const isOpen = (index: number): boolean => index < head.size && !proven.has(index) && !altered.has(index);
  return leaves.flatMap((leaf, i) => {
    const [line, place] = [i + 2, places[i]];
    if (place === undefined) {
      const index = (leaf ? [leaf.index, expected] : [expected]).find(isOpen);
      if (index === undefined) return [inserted(line, leaf)];
      altered.add(index);
      expected = index + 1;
      return [unproven(index, line, leaf, head)];
    }
    expected = place + 1;
    if (seen.has(place)) return [repeated(place, line)];
    seen.add(place);
    return leaf ? provenProblems(place, line, leaf) : [];
  });
}

const repeated = (index: number, line: number): AuditProblem => ({
  kind: "inserted",
  index,
  line,
  text: `line ${line} repeats record ${index}, it was inserted`,
});

/** The leaf hash is the log's; its record or its number may still be wrong. */
function provenProblems(index: number, line: number, leaf: LeafLine): AuditProblem[] {
  const hash = hex(hashLeaf(Buffer.from(leaf.record)));
  if (hash !== leaf.leafHash) {
    const text = `record ${index} was altered: its bytes hash to ${hash} but leaf hash ${leaf.leafHash} is bound to the root (line ${line})`;
    return [{ kind: "altered", index, line, text }];
  }
  if (leaf.index === index) return [];
  return [
    { kind: "altered", index, line, text: `record ${index} was renumbered: line ${line} calls it ${leaf.index}` },
  ];
}

function unproven(index: number, line: number, leaf: LeafLine | undefined, head: Checkpoint): AuditProblem {
  if (!leaf)
    return {
      kind: "altered",
      index,
      line,
      text: `record ${index} was altered: line ${line} is not in the form of the export`,
    };
  const hash = hex(hashLeaf(Buffer.from(leaf.record)));
  const how =
    hash === leaf.leafHash
      ? `its leaf hash ${hash} is not bound to the root ${hex(head.root)}`
      : `its bytes hash to ${hash}, the line says ${leaf.leafHash}, and its proof does not lead to the root`;
  return { kind: "altered", index, line, text: `record ${index} was altered: ${how} (line ${line})` };
}

const inserted = (line: number, leaf: LeafLine | undefined): AuditProblem => ({
  kind: "inserted",
  line,
  text: `line ${line} was inserted: ${leaf ? `nothing binds its record, called ${leaf.index}, to the root` : "it is no record of this log"}`,
});

/** At most this many missing records are listed one by one (I11). */
const removedMax = 100;

function removedProblems(present: ReadonlySet<number>, size: number): AuditProblem[] {
  const count = size - present.size;
  const listed: AuditProblem[] = [];
  for (let index = 0; listed.length < Math.min(count, removedMax); index++)
    if (!present.has(index)) listed.push(removed(index, size));
  if (count <= removedMax) return listed;
  return [...listed, { kind: "removed", text: `${count - removedMax} more records were removed, ${count} in all` }];
}

const removed = (index: number, size: number): AuditProblem => ({
  kind: "removed",
  index,
  text: `record ${index} was removed: the checkpoint covers ${size} records and no line holds this one`,
});

/** Proven lines that stand before one with a smaller number. */
function orderProblems(
  leaves: readonly (LeafLine | undefined)[],
  places: readonly (number | undefined)[],
): AuditProblem[] {
  let highest = -1;
  return leaves.flatMap((_, i) => {
    const place = places[i];
    if (place === undefined || place === highest) return [];
    if (place > highest) {
      highest = place;
      return [];
    }
    const text = `record ${place} was reordered: line ${i + 2} stands after record ${highest}`;
    return [{ kind: "reordered" as const, index: place, line: i + 2, text }];
  });
}
