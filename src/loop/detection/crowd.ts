/** What was refused for lack of room, counted by a name. */
export interface Crowd {
  refuse(name: string, nowMs: number): void;
  /** Refused in all. */
  total(): number;
  /** Those with most refusals of those refused within the last hour, worst first: `calls of crawler: 120000 refused`. */
  worst(nowMs: number): string[];
}

/** Names counted one by one (I11); more are counted in all. */
const namesMax = 500;
const shownMax = 3;
/** A name that was not refused for so long is well again. */
const goneMs = 3_600_000;

export function createCrowd(): Crowd {
  const names = new Map<string, { count: number; atMs: number }>();
  let total = 0;

  function makeRoom(nowMs: number): void {
    if (names.size < namesMax) return;
    for (const [name, { atMs }] of names) if (nowMs - atMs > goneMs) names.delete(name);
    // The least of them gives way, so that what is refused again and again is named sooner or later.
    if (names.size < namesMax) return;
    let [least, count] = ["", Infinity];
    for (const [name, known] of names) if (known.count < count) [least, count] = [name, known.count];
    if (count <= 1) names.delete(least);
  }

  return {
    refuse(name, nowMs) {
      total++;
      const known = names.get(name);
      if (known) {
        known.count++;
        known.atMs = nowMs;
        return;
      }
      makeRoom(nowMs);
      if (names.size < namesMax) names.set(name, { count: 1, atMs: nowMs });
    },
    total: () => total,
    worst: (nowMs) =>
      [...names]
        .filter(([, { atMs }]) => nowMs - atMs <= goneMs)
        .toSorted((a, b) => b[1].count - a[1].count)
        .slice(0, shownMax)
        .map(([name, { count }]) => `${name}: ${count} refused`),
  };
}

/** What of one part had no room or could not be told apart, and what to do about it, as the status says it. */
export interface Crowding {
  readonly part: "metrics" | "requests" | "logs" | "traces" | "services";
  readonly worst: readonly string[];
  readonly advice: string;
}

/** What to do about streams that several senders share. */
export const shareAdvice =
  "several senders count as one because nothing tells them apart; give each its own `service.instance.id`";
