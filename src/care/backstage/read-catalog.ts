import { dirname } from "node:path";
import type { z } from "zod";
import type { CareError } from "../../loop/signal/care-error.ts";
import type { Read } from "../collect.ts";
import { explain, valueAt } from "../explain.ts";
import { treeLimits } from "../read-tree.ts";
import { parseSource, type SourceDocument } from "../source-document.ts";
import { entityDocument, locationDocument, type Entity, type Location } from "./entity.ts";
import { followLocation, type CatalogFile } from "./follow-location.ts";
import { fileError, readDescriptor, realPathOf } from "./read-descriptor.ts";

/** What catalog files hold. With errors, the rest may be incomplete. */
export interface Catalog {
  readonly entities: Entity[];
  /** Kinds that are not read, with how many there are. */
  readonly ignored: Map<string, number>;
  /** Files that Locations name and that were not read, a line each. */
  readonly notFollowed: string[];
  readonly errors: CareError[];
}

/**
 * Reads descriptors, and the files below their folder that their Locations name. Nothing is fetched, and no link leads
 * out of the folder (I9); files, their sizes and documents are bounded as in a care repo (I11).
 */
export async function readCatalog(files: readonly string[]): Promise<Catalog> {
  const catalog: Catalog = { entities: [], ignored: new Map(), notFollowed: [], errors: [] };
  const waiting = (await Promise.all(files.map((file) => given(file, catalog)))).filter((w) => w !== undefined);
  const seen = new Set<string>();
  let bytes = 0;
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    if (seen.has(next.path)) continue;
    seen.add(next.path);
    const text = await readDescriptor(next.path, next.shown);
    if (!text.ok) {
      catalog.errors.push(text.error);
      continue;
    }
    bytes += text.value.length;
    if (seen.size > treeLimits.filesMax || bytes > treeLimits.bytesMax) {
      const most = `at most ${treeLimits.filesMax} files and ${treeLimits.bytesMax} bytes`;
      catalog.errors.push(fileError(next.shown, "the catalog is too large", most, "import it in parts"));
      break;
    }
    for (const location of place(next.shown, text.value, catalog)) {
      const { files: named, notFollowed, errors } = await followLocation(location, next);
      waiting.push(...named);
      catalog.notFollowed.push(...notFollowed);
      catalog.errors.push(...errors);
    }
  }
  return catalog;
}

async function given(file: string, { errors }: Catalog): Promise<CatalogFile | undefined> {
  const path = await realPathOf(file);
  if (path !== undefined) return { path, shown: file, root: dirname(path), rootShown: dirname(file) };
  errors.push(fileError(file, "the file is not there", "a Backstage descriptor", "check the path"));
  return undefined;
}

/** Sorts a file's documents into the catalog; gives its Locations. */
function place(file: string, text: string, catalog: Catalog): Location[] {
  const { documents, errors } = parseSource(file, text);
  catalog.errors.push(...errors);
  const locations: Location[] = [];
  for (const source of documents) {
    const [version, kind] = [valueAt(source.value, ["apiVersion"]), valueAt(source.value, ["kind"])];
    if (typeof version !== "string" || typeof kind !== "string") catalog.errors.push(noDescriptor(source));
    else if (!version.startsWith("backstage.io/")) ignore(`${kind} (${version})`, catalog);
    else if (kind === "Location") take(source, locationDocument, locations, catalog.errors);
    else if (kind === "Component" || kind === "Resource")
      take(source, entityDocument, catalog.entities, catalog.errors);
    else ignore(kind, catalog);
  }
  return locations;
}

const ignore = (what: string, { ignored }: Catalog): void => {
  const shown = what.length > 60 ? `${what.slice(0, 60)}…` : what;
  ignored.set(shown, (ignored.get(shown) ?? 0) + 1);
};

const noDescriptor = (source: SourceDocument): CareError =>
  source.error([], {
    message: "the document is no descriptor: it has no apiVersion and kind",
    expected: "a Backstage descriptor such as `catalog-info.yaml`",
    fix: "leave the file out, or add both",
  });

function take<T>(source: SourceDocument, schema: z.ZodType<T>, into: Read<T>[], errors: CareError[]): void {
  const read = schema.safeParse(source.value);
  if (read.success) into.push({ source, document: read.data });
  else errors.push(...explain(source, schema, read.error.issues));
}
