import type { Collected } from "../collect.ts";
import { placeOf } from "./entity.ts";
import type { CatalogService } from "./write-service.ts";

/** A service that the care repo has already, and how the catalog differs from it. Nobody but people decides who is right. */
export interface DeclaredService {
  readonly name: string;
  /** `FILE:LINE` in the care repo. */
  readonly at: string;
  readonly from: string;
  readonly environment?: Difference;
  readonly owner?: Difference;
  readonly dependsOn?: { readonly onlyDeclared: readonly string[]; readonly onlyCatalog: readonly string[] };
}

interface Difference {
  readonly declared: string;
  readonly catalog: string;
}

export function compareService(
  { name, from, environment, owner, dependsOn }: CatalogService,
  { source, document: { spec } }: Collected["services"][number],
): DeclaredService {
  const onlyDeclared = spec.dependsOn.filter((other) => !dependsOn.includes(other)).toSorted();
  const onlyCatalog = dependsOn.filter((other) => !spec.dependsOn.includes(other));
  return {
    name,
    at: placeOf(source, ["metadata", "name"]),
    from,
    ...(spec.environment === environment ? {} : { environment: { declared: spec.environment, catalog: environment } }),
    ...(spec.owner === owner ? {} : { owner: { declared: spec.owner, catalog: owner } }),
    ...(onlyDeclared.length + onlyCatalog.length > 0 ? { dependsOn: { onlyDeclared, onlyCatalog } } : {}),
  };
}
