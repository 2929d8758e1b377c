import { stringify } from "yaml";
import { apiVersion } from "../schema/fields.ts";
import { entityId, type Entity } from "./entity.ts";
import { serviceNameOf } from "./name-services.ts";
import { originAnnotation } from "./origins.ts";
import { nameIn } from "./reference.ts";
import { tierOf } from "./tier-of.ts";

/** A service as a catalog describes it. */
export interface CatalogService {
  readonly name: string;
  /** Relative to the care repo. */
  readonly file: string;
  /** Which entity it is: `component:default/cart`. */
  readonly from: string;
  readonly environment: string;
  readonly owner: string;
  readonly tier?: number;
  readonly dependsOn: readonly string[];
  /** Its document, as it is written. */
  readonly text: string;
}

/** The service of an entity, under the name it got here. */
export function writeService(
  entity: Entity,
  name: string,
  dependsOn: readonly string[],
  environment: string,
): CatalogService {
  const { kind, metadata, spec } = entity.document;
  const from = entityId(entity);
  const owner = nameIn(spec.owner);
  const tier = tierOf(entity);
  const labels = labelsOf(entity);
  // Telemetry goes by what a service calls itself; a qualified name is ours alone.
  const telemetryName = name === serviceNameOf(metadata.name) && name !== metadata.name ? metadata.name : undefined;
  const document = {
    apiVersion,
    kind: "Service",
    metadata: { name, annotations: { [originAnnotation]: from } },
    spec: {
      environment,
      owner,
      ...(tier === undefined ? {} : { tier }),
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(dependsOn.length > 0 ? { dependsOn } : {}),
      ...(kind === "Resource" ? { emitsTelemetry: false } : telemetryName === undefined ? {} : { telemetryName }),
    },
  };
  return {
    name,
    file: `services/${name}.yaml`,
    from,
    environment,
    owner,
    dependsOn,
    ...(tier === undefined ? {} : { tier }),
    text: stringify(document, { lineWidth: 0 }),
  };
}

/** Its own labels, and what Backstage says beside them: type, lifecycle and system. */
function labelsOf({ document: { metadata, spec } }: Entity): Record<string, string> {
  const { type, lifecycle, system } = spec;
  return {
    type,
    ...(lifecycle === undefined ? {} : { lifecycle }),
    ...(system === undefined ? {} : { system: nameIn(system) }),
    ...metadata.labels,
  };
}
