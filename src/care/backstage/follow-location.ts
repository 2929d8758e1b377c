import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { CareError } from "../../loop/signal/care-error.ts";
import type { Path } from "../source-document.ts";
import { placeOf, type Location } from "./entity.ts";
import { realPathOf } from "./read-descriptor.ts";

export interface CatalogFile {
  /** Without links, so that no file is read twice and none hides where it is. */
  readonly path: string;
  /** As the user would name it. */
  readonly shown: string;
  /** The folder of the file that was given: nothing outside of it is followed. */
  readonly root: string;
  readonly rootShown: string;
}

interface Followed {
  readonly files: CatalogFile[];
  /** What is not read, and why, a line each. */
  readonly notFollowed: string[];
  readonly errors: CareError[];
}

/** The files a Location leads to. Nothing is fetched, and neither a path nor a link leads out of the folder (I9). */
export async function followLocation({ source, document }: Location, from: CatalogFile): Promise<Followed> {
  const { target, targets, presence } = document.spec;
  const named: { readonly text: string; readonly at: Path }[] = [
    ...(target === undefined ? [] : [{ text: target, at: ["spec", "target"] }]),
    ...targets.map((text, i) => ({ text, at: ["spec", "targets", i] })),
  ];
  const followed: Followed = { files: [], notFollowed: [], errors: [] };
  for (const { text, at } of named) {
    const shown = `\`${text.slice(0, 200)}\``;
    const found = await find(text, from);
    if ("path" in found)
      followed.files.push({ ...from, ...found, shown: join(from.rootShown, relative(from.root, found.path)) });
    else if (found.missing && presence === "required") followed.errors.push(source.error(at, missing(shown)));
    else followed.notFollowed.push(`${placeOf(source, at)}: ${shown} is not followed: ${found.why}`);
  }
  return followed;
}

type Found = { readonly path: string } | { readonly why: string; readonly missing?: true };

async function find(target: string, from: CatalogFile): Promise<Found> {
  const outside = { why: `only files below \`${from.rootShown}\` are; give the file itself` };
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return { why: "nothing is fetched; give the file itself" };
  if (/[*?[\]{}]/.test(target)) return { why: "patterns are not read; give the files themselves" };
  const wanted = resolve(dirname(from.path), target);
  if (isAbsolute(target) || !isWithin(from.root, wanted)) return outside;
  const path = await realPathOf(wanted);
  if (path === undefined) return { why: "the file is not there", missing: true };
  return isWithin(from.root, path) ? { path } : outside;
}

const isWithin = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

const missing = (shown: string) => ({
  message: `${shown} is not there`,
  expected: "a file beside this one or below",
  fix: "correct the path, or write `presence: optional`",
});
