/**
 * A map that remembers the last `keptMax` to `2 * keptMax` keys written, and forgets older ones by whole generations:
 * bounded at the price of one comparison a write (I11). `forgotten` counts what was let go.
 */
export interface RecentMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  size(): number;
  forgotten(): number;
}

export function createRecentMap<V>(keptMax: number): RecentMap<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  let forgotten = 0;
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      if (young.size >= keptMax) {
        forgotten += old.size;
        [old, young] = [young, new Map()];
      }
      young.set(key, value);
    },
    size: () => young.size + old.size,
    forgotten: () => forgotten,
  };
}
