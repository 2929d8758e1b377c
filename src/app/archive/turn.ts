/** Work that is begun without waiting for it, one piece at a time. */
export interface Turn {
  /** Begins it, unless the last is still under way. */
  start(work: () => Promise<void>): void;
  /** Resolves when nothing is under way. */
  ended(): Promise<void>;
  /** Why the last failed, in words; empty when it went well. */
  failure(): string;
}

export function createTurn(): Turn {
  let [underway, failure]: [Promise<void> | undefined, string] = [undefined, ""];
  return {
    start(work) {
      underway ??= work()
        .then(
          () => void (failure = ""),
          (error: unknown) => void (failure = error instanceof Error ? error.message : String(error)),
        )
        .finally(() => (underway = undefined));
    },
    ended: () => underway ?? Promise.resolve(),
    failure: () => failure,
  };
}
