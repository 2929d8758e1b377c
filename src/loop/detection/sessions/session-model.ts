/** How often each kind of line came in one session: a trace, a request, a block. */
export type LineCounts = ReadonlyMap<string, number>;

/** One kind of line that came more or less often than it usually does. */
export interface Deviation {
  readonly kind: string;
  readonly count: number;
  readonly usualCount: number;
  /** Natural logarithm of how many times rarer this count is than the usual one. */
  readonly surprise: number;
}

export interface SessionVerdict {
  /** Sum of the surprises, in nats: 0 when every kind of line came as often as it usually does. */
  readonly surprise: number;
  readonly isAnomalous: boolean;
  /** What was unusual, most surprising first. */
  readonly deviations: readonly Deviation[];
}

/** Judges sessions by those it learned from. Nobody says which of them were right. */
export interface SessionModel {
  judge(counts: LineCounts): SessionVerdict;
  learn(counts: LineCounts): void;
  /** Sessions learned from. */
  size(): number;
  /** Lets go of a kind of line that there will be no more: it would be missed in every session. */
  forget(kind: string): void;
  /** Kinds of lines beyond the bound, which are not looked at. */
  refused(): number;
}

/** A session this surprising is anomalous: one count that is 150 times rarer than the usual, or several that are rarer by less. */
const anomalousNats = 5;
/** Bounds (I11): kinds of lines, and different counts of one; higher counts are taken for the highest. */
const kindsMax = 500;
const countMax = 64;

interface Kind {
  /** How many sessions had it how often. */
  readonly seen: Uint32Array;
  usualCount: number;
}

/**
 * For each kind of line, how many sessions had it how often; counts are taken for independent, as in a naive Bayes model. What
 * a session lacks counts like what it has too much of. 150 KB at most, constant work for each kind known.
 */
export function createSessionModel(): SessionModel {
  const kinds = new Map<string, Kind>();
  let [sessions, refused] = [0, 0];

  return {
    judge(counts) {
      const known = [...kinds].map(([kind, was]) => deviation(kind, was, countOf(counts, kind)));
      const fresh = [...counts].filter(([kind]) => !kinds.has(kind) && kinds.size < kindsMax);
      const never = fresh.map(([kind, count]) => unseen(kind, count, sessions));
      const deviations = [...known, ...never].filter((d) => d.surprise > 0).toSorted((a, b) => b.surprise - a.surprise);
      const surprise = deviations.reduce((sum, d) => sum + d.surprise, 0);
      return { surprise, isAnomalous: surprise >= anomalousNats, deviations };
    },
    learn(counts) {
      for (const kind of counts.keys()) {
        if (kinds.has(kind)) continue;
        if (kinds.size < kindsMax) kinds.set(kind, neverSeen(sessions));
        else refused++;
      }
      for (const [kind, known] of kinds) note(known, countOf(counts, kind));
      sessions++;
    },
    size: () => sessions,
    forget: (kind) => void kinds.delete(kind),
    refused: () => refused,
  };
}

const countOf = (counts: LineCounts, kind: string): number => Math.min(countMax, counts.get(kind) ?? 0);

/** Share of sessions, as if one more had each count; rare counts are not impossible. */
const likely = (seen: number): number => seen + 1;

function neverSeen(sessions: number): Kind {
  const seen = new Uint32Array(countMax + 1);
  seen[0] = sessions;
  return { seen, usualCount: 0 };
}

function note(kind: Kind, count: number): void {
  kind.seen[count] = at(kind, count) + 1;
  if (at(kind, count) > at(kind, kind.usualCount)) kind.usualCount = count;
}

const at = ({ seen }: Kind, count: number): number => seen[count] ?? 0;

function deviation(kind: string, known: Kind, count: number): Deviation {
  const { usualCount } = known;
  return { kind, count, usualCount, surprise: Math.log(likely(at(known, usualCount)) / likely(at(known, count))) };
}

const unseen = (kind: string, count: number, sessions: number): Deviation => ({
  kind,
  count,
  usualCount: 0,
  surprise: Math.log(likely(sessions)),
});
