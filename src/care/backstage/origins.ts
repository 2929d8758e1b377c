import type { Collected } from "../collect.ts";

/** Says in a service which entity it was imported from, so that it is known again under whatever name. */
export const originAnnotation = "homeostat.dev/imported-from";

/** The services a care repo has, and what they were imported from. */
export interface Origins {
  /** The origin of each service; undefined for one that people wrote. */
  readonly byName: ReadonlyMap<string, string | undefined>;
  /** The service of each origin. */
  readonly byOrigin: ReadonlyMap<string, string>;
}

export function originsOf(services: Collected["services"]): Origins {
  const all = services.map(({ document: { metadata } }) => ({
    name: metadata.name,
    origin: metadata.annotations[originAnnotation],
  }));
  return {
    byName: new Map(all.map(({ name, origin }) => [name, origin])),
    byOrigin: new Map(all.flatMap(({ name, origin }) => (origin === undefined ? [] : [[origin, name]]))),
  };
}
