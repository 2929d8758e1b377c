/**
 * A deeply frozen copy as it would come back from a database: what JSON cannot carry is gone, and neither the writer nor
 * a reader can change what is kept.
 */
export function keep<T>(value: T): T {
  const copy: T = JSON.parse(JSON.stringify(value));
  return freeze(copy);
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
