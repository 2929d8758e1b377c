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

/** The end of a switch over a closed union: does not compile while a member is unhandled. */
export function unreachable(value: never): never {
  return bug(`unexpected value ${JSON.stringify(value)}`);
}
