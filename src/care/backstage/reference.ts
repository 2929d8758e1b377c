/** What an entity is known by. Backstage takes no notice of case, so all parts are in lower case. */
export interface Reference {
  /** Absent where neither the reference nor its place says it. */
  readonly kind?: string;
  readonly namespace: string;
  readonly name: string;
}

const form = /^(?:([a-z][a-z0-9]*):)?(?:([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\/)?([a-z0-9](?:[-a-z0-9_.]*[a-z0-9])?)$/i;
const lengthMax = 200;

export const isReference = (text: string): boolean => text.length <= lengthMax && form.test(text);

/** Reads `[KIND:][NAMESPACE/]NAME`, where what is left out is as given. The text must be a reference. */
export function parseReference(text: string, given: { readonly kind?: string; readonly namespace: string }): Reference {
  const [, kind = given.kind, namespace = given.namespace, name = text] = form.exec(text) ?? [];
  return {
    ...(kind === undefined ? {} : { kind: kind.toLowerCase() }),
    namespace: namespace.toLowerCase(),
    name: name.toLowerCase(),
  };
}

/** `component:default/cart` */
export const idOf = ({ kind, namespace, name }: Reference): string => `${kind ?? "?"}:${namespace}/${name}`;

/** The name alone: `group:default/payments` and `payments` are one team. */
export const nameIn = (text: string): string => text.replace(/^[^:/]*:/, "").replace(/^[^/]*\//, "") || text;
