/** A bounded number of places; those who come later wait in order. */
export interface Pool {
  /** Runs the work in a place of the pool. Throws at once when no place exists or too many wait already. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
}

export function poolOf(name: string, size: number, queueMax: number): Pool {
  let busy = 0;
  const waiting: (() => void)[] = [];
  const enter = (): Promise<void> | undefined => {
    if (busy < size) {
      busy += 1;
      return undefined;
    }
    if (size === 0 || waiting.length >= queueMax)
      throw new Error(`${name} exhausted: ${busy} of ${size} in use, ${waiting.length} waiting`);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) busy -= 1;
    else next();
  };
  return {
    run: async (work) => {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
