import type { CareError } from "../../loop/signal/care-error.ts";
import { nameField } from "../schema/fields.ts";
import { entityId, placeOf, type Entity } from "./entity.ts";
import type { Origins } from "./origins.ts";

/** A service's name for a Backstage name: `Cart.API` is `cart-api`. */
export const serviceNameOf = (name: string): string => name.toLowerCase().replaceAll(/[._]/g, "-");

export interface Named {
  readonly names: ReadonlyMap<Entity, string>;
  readonly errors: readonly CareError[];
}

/**
 * Gives each entity a service's name; one that was imported before keeps the name it has. Backstage tells kinds and
 * namespaces apart, a care repo does not: where several share a name, the Component in the namespace `default` keeps it,
 * and others say what they are: `shop-cart`, `cart-resource`.
 */
export function nameServices(entities: readonly Entity[], { byName, byOrigin }: Origins): Named {
  const wanted = Map.groupBy(entities, plain);
  const isTaken = (name: string, entity: Entity): boolean =>
    byName.get(name) !== undefined && byName.get(name) !== entityId(entity);
  const nameOf = (entity: Entity): string => {
    const name = plain(entity);
    const taken = isTaken(name, entity);
    return taken || (wanted.get(name)?.length ?? 0) > 1 ? qualified(entity, taken) : name;
  };
  const names = new Map(entities.map((e): [Entity, string] => [e, byOrigin.get(entityId(e)) ?? nameOf(e)]));
  const errors = [...Map.groupBy(entities, (e) => names.get(e) ?? "")].flatMap(([name, [first, ...others]]) => [
    ...others.map((e) => sharesName(e, name, first ? placeOf(first.source, ["metadata", "name"]) : "")),
    ...(first && isTaken(name, first) ? [sharesName(first, name, "the care repo")] : []),
    ...(first ? noName(first, name) : []),
  ]);
  return { names, errors };
}

const plain = ({ document }: Entity): string => serviceNameOf(document.metadata.name);

function qualified({ document: { kind, metadata } }: Entity, always: boolean): string {
  const space = metadata.namespace.toLowerCase();
  const name = serviceNameOf(metadata.name);
  return `${space === "default" && !always ? "" : `${space}-`}${name}${kind === "Resource" ? "-resource" : ""}`;
}

const sharesName = ({ source }: Entity, name: string, other: string): CareError =>
  source.error(["metadata", "name"], {
    message: `two would be the service \`${name}\``,
    expected: "names that differ by more than case, `.`, `_` and `-`",
    fix: `rename one; the other is in ${other}`,
  });

const noName = ({ source }: Entity, name: string): CareError[] =>
  nameField.safeParse(name).success
    ? []
    : [
        source.error(["metadata", "name"], {
          message: `it would be the service \`${name}\`, which is no name of a service`,
          expected: "lower-case letters, digits and dashes, 63 at most",
          fix: "rename it, or import it alone",
        }),
      ];
