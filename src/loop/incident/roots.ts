/** Sets that are joined two by two (union-find): after any joins, members of one set have one root. */
export interface Roots<T> {
  has(member: T): boolean;
  rootOf(member: T): T;
  join(a: T, b: T): void;
}

export function createRoots<T>(members: Iterable<T>): Roots<T> {
  const roots = new Map<T, T>();
  for (const member of members) roots.set(member, member);
  const rootOf = (member: T): T => {
    let root = member;
    for (let up = roots.get(root); up !== undefined && up !== root; up = roots.get(root)) root = up;
    roots.set(member, root);
    return root;
  };
  return { has: (member) => roots.has(member), rootOf, join: (a, b) => void roots.set(rootOf(a), rootOf(b)) };
}
