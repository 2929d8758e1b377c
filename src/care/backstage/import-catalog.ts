import { err, ok, type Result } from "../../kernel/result.ts";
import type { CareError } from "../../loop/signal/care-error.ts";
import { compareService, type DeclaredService } from "./compare-service.ts";
import { placeOf, type Entity } from "./entity.ts";
import { joinEntities, runsNowhere, type Joined } from "./join-entities.ts";
import { nameServices, serviceNameOf } from "./name-services.ts";
import { originsOf } from "./origins.ts";
import { misfits, readOwn } from "./read-own.ts";
import { readCatalog, type Catalog } from "./read-catalog.ts";
import { whyNotWritable, writeFiles } from "./write-files.ts";
import { writeService, type CatalogService } from "./write-service.ts";

interface ImportOptions {
  /** The care repo's folder. */
  readonly care: string;
  /** Where all of it runs; a name of the care repo's form. */
  readonly environment: string;
  readonly dryRun: boolean;
}

export interface Imported {
  /** Written, or with `dryRun` what would be; in the order of names. */
  readonly services: readonly CatalogService[];
  /** There already, and left as they are. */
  readonly declared: readonly DeclaredService[];
  /** What could not be taken, and what to know about what was, a line each. */
  readonly notes: readonly string[];
  /** Kinds that are not read, and how many there are. */
  readonly ignored: Readonly<Record<string, number>>;
}

/**
 * Takes a Backstage catalog's Components, and the Resources they need, into a care repo: one file each in `services`. All
 * or nothing: with any error, in the catalog or in the care repo, nothing is written. What the care repo declares is never
 * written over. The same files give the same texts, and importing again changes nothing.
 */
export async function importCatalog(
  files: readonly string[],
  { care, environment, dryRun }: ImportOptions,
): Promise<Result<Imported, readonly CareError[]>> {
  const [catalog, own] = await Promise.all([readCatalog(files), readOwn(care)]);
  const broken = [...catalog.errors, ...own.errors];
  if (broken.length > 0) return err(broken);
  const declared = new Map(own.services.map((s) => [s.document.metadata.name, s]));
  const origins = originsOf(own.services);
  const joined = joinEntities(catalog.entities, origins);
  const entities = [...joined.needs.keys()];
  const { names, errors } = nameServices(entities, origins);
  const wrong = [...joined.errors, ...errors, ...entities.flatMap((e) => tooMany(e, joined))];
  if (wrong.length > 0) return err(wrong);
  const all = entities
    .map((e) => writeService(e, names.get(e) ?? "", dependenciesOf(e, joined, names), environment))
    .toSorted(byName);
  const services = all.filter((s) => !declared.has(s.name));
  const unfit = [...misfits(services, own), ...(await whyNotWritable(care, services))];
  if (unfit.length > 0) return err(unfit);
  const written = dryRun ? ok(undefined) : await writeFiles(care, services);
  if (!written.ok) return err([written.error]);
  return ok({
    services,
    declared: all.flatMap((s) => [declared.get(s.name)].flatMap((d) => (d ? [compareService(s, d)] : []))),
    notes: [...catalog.notFollowed, ...joined.left, ...renamed(names), ...unneeded(catalog, joined)],
    ignored: Object.fromEntries([...catalog.ignored].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  });
}

const dependenciesOf = (entity: Entity, { needs }: Joined, names: ReadonlyMap<Entity, string>): string[] =>
  [
    ...new Set([...(needs.get(entity) ?? [])].map((n) => (typeof n === "string" ? n : (names.get(n) ?? "")))),
  ].toSorted();

const dependenciesMax = 200;

function tooMany(entity: Entity, { needs }: Joined): CareError[] {
  const many = needs.get(entity)?.size ?? 0;
  if (many <= dependenciesMax) return [];
  return [
    entity.source.error(["metadata", "name"], {
      message: `\`${entity.document.metadata.name}\` needs ${many} others`,
      expected: `at most ${dependenciesMax}`,
      fix: "leave out what it does not call",
    }),
  ];
}

/** Names that people will not find again by themselves. */
const renamed = (names: ReadonlyMap<Entity, string>): string[] =>
  [...names].flatMap(([{ source, document }, name]) => {
    const original = document.metadata.name;
    if (name === original) return [];
    const heard = document.kind === "Resource" || name === serviceNameOf(original);
    const how = heard ? "" : "; write its `telemetryName` where its telemetry says another name";
    return [`${placeOf(source, ["metadata", "name"])}: \`${original}\` is called \`${name}\` here${how}`];
  });

function unneeded({ entities }: Catalog, { needs }: Joined): string[] {
  const left = entities.filter((e) => !needs.has(e));
  const types = Map.groupBy(left, ({ document: { kind, spec } }) =>
    kind === "Resource" ? "" : spec.type.toLowerCase(),
  );
  return [...types].map(([type, { length }]) =>
    runsNowhere.has(type)
      ? `${length} of type \`${type}\` left out: such a Component runs nowhere by itself`
      : `${length} ${length === 1 ? "Resource" : "Resources"} left out: no Component of these files needs ${length === 1 ? "it" : "them"}`,
  );
}

const byName = (a: CatalogService, b: CatalogService): number => (a.name < b.name ? -1 : 1);
