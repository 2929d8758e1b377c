/** A defect of this program, never of its input. A run that meets one parks as `stuck` and a person is told. */
export class Bug extends Error {
  override readonly name = "Bug";
}

export function bug(message: string): never {
  throw new Bug(message);
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) bug(message);
}
