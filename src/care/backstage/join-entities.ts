import type { CareError } from "../../loop/signal/care-error.ts";
import { entityId, placeOf, type Entity } from "./entity.ts";
import { serviceNameOf } from "./name-services.ts";
import type { Origins } from "./origins.ts";
import { idOf, parseReference, type Reference } from "./reference.ts";

/** What an entity needs: another of the files, or the name of a service that the care repo has. */
export type Need = Entity | string;

export interface Joined {
  /** Components that run, then the Resources that they need, with what each needs. */
  readonly needs: ReadonlyMap<Entity, ReadonlySet<Need>>;
  /** References that lead to nothing that runs, a line each. */
  readonly left: readonly string[];
  readonly errors: readonly CareError[];
}

/** Types of Components that run nowhere by themselves. */
export const runsNowhere: ReadonlySet<string> = new Set(["library", "documentation"]);

/** Finds out who calls whom: by `dependsOn` and `dependencyOf`, and by consuming what another provides. */
export function joinEntities(entities: readonly Entity[], origins: Origins): Joined {
  const known = new Map<string, Entity>();
  const errors = entities.flatMap((entity) => remember(entity, known));
  const find = finder(known, providers(entities), origins);
  const needs = new Map(entities.map((entity): [Entity, Set<Need>] => [entity, new Set()]));
  const left: { readonly entity: Entity; readonly text: string }[] = [];
  const join = (from: Need, to: Need): void => {
    if (from !== to && typeof from !== "string") needs.get(from)?.add(to);
  };
  for (const entity of entities)
    for (const { reference, role, place } of referencesOf(entity)) {
      const found = find(reference, role === "dependencyOf");
      if (typeof found === "string") left.push({ entity, text: `${place}: ${found}` });
      else if (role === "dependencyOf") found.forEach((other) => join(other, entity));
      else found.forEach((other) => join(entity, other));
    }
  const taken = reached(needs);
  return { needs: taken, left: left.filter((l) => taken.has(l.entity)).map((l) => l.text), errors };
}

function remember(entity: Entity, known: Map<string, Entity>): CareError[] {
  const id = entityId(entity);
  const earlier = known.get(id);
  known.set(id, earlier ?? entity);
  if (earlier === undefined) return [];
  return [
    entity.source.error(["metadata", "name"], {
      message: `\`${id}\` is declared twice`,
      expected: "one document of this kind, namespace and name",
      fix: `remove one; the other is in ${placeOf(earlier.source, ["metadata", "name"])}`,
    }),
  ];
}

const roles = ["dependsOn", "consumesApis", "dependencyOf"] as const;

const referencesOf = ({ source, document: { metadata, spec } }: Entity) =>
  roles.flatMap((role) =>
    spec[role].map((text, i) => ({
      role,
      reference: parseReference(text, {
        namespace: metadata.namespace,
        ...(role === "consumesApis" ? { kind: "api" } : {}),
      }),
      place: placeOf(source, ["spec", role, i]),
    })),
  );

/** Who provides each API. */
function providers(entities: readonly Entity[]): ReadonlyMap<string, Entity[]> {
  const all = entities.flatMap((entity) => {
    const { metadata, spec } = entity.document;
    return spec.providesApis.map((text) => ({
      id: idOf(parseReference(text, { kind: "api", namespace: metadata.namespace })),
      entity,
    }));
  });
  return new Map([...Map.groupBy(all, (p) => p.id)].map(([id, by]) => [id, by.map((p) => p.entity)]));
}

/** What a reference leads to, or why to nothing. */
const finder =
  (known: ReadonlyMap<string, Entity>, provided: ReadonlyMap<string, Entity[]>, origins: Origins) =>
  (reference: Reference, mustBeInFiles: boolean): readonly Need[] | string => {
    const id = idOf(reference);
    if (reference.kind === "api") {
      const by = provided.get(id) ?? [];
      const running = by.filter(runs);
      return running.length > 0 ? running : `nothing that runs in these files provides \`${id}\`: the call is left out`;
    }
    const kinds = reference.kind === undefined ? ["component", "resource"] : [reference.kind];
    const [found] = kinds.flatMap((kind) => known.get(idOf({ ...reference, kind })) ?? []);
    if (found !== undefined && runs(found)) return [found];
    if (found !== undefined)
      return `\`${id}\` is of type \`${found.document.spec.type}\`, which runs nowhere: left out`;
    if (!kinds.some((kind) => kind === "component" || kind === "resource"))
      return `\`${id}\` is neither Component nor Resource nor API: left out`;
    const declared = mustBeInFiles ? undefined : declaredAs(reference, kinds, origins);
    if (declared !== undefined) return [declared];
    return `\`${id}\` is in none of these files${mustBeInFiles ? "" : ", nor is such a service declared"}: left out`;
  };

/** A service of the care repo that came from there, or that people wrote under that name. */
function declaredAs(reference: Reference, kinds: readonly string[], { byName, byOrigin }: Origins): string | undefined {
  const [imported] = kinds.flatMap((kind) => byOrigin.get(idOf({ ...reference, kind })) ?? []);
  const name = serviceNameOf(reference.name);
  return imported ?? (byName.has(name) && byName.get(name) === undefined ? name : undefined);
}

const runs = ({ document: { kind, spec } }: Entity): boolean =>
  kind === "Resource" || !runsNowhere.has(spec.type.toLowerCase());

/** Components that run, and what they need, directly or not. */
function reached(needs: ReadonlyMap<Entity, ReadonlySet<Need>>): ReadonlyMap<Entity, ReadonlySet<Need>> {
  const taken = new Map<Entity, ReadonlySet<Need>>();
  const waiting = [...needs.keys()].filter((e) => e.document.kind === "Component" && runs(e));
  // It grows while it is walked, by each entity once.
  for (const next of waiting) {
    const of = needs.get(next) ?? new Set<Need>();
    if (taken.has(next)) continue;
    taken.set(next, of);
    for (const need of of) if (typeof need !== "string" && !taken.has(need)) waiting.push(need);
  }
  return taken;
}
