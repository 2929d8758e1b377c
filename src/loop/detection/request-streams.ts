import type { MetricSignal } from "../signal/signal.ts";
import { createCrowd } from "./crowd.ts";
import { sameStartMs, type CountedPast } from "./metrics/follow-on.ts";

/** What a cumulative histogram says at one time. */
export interface Counts {
  readonly startMs: number;
  readonly count: number;
  readonly sum: number;
  readonly counts: readonly number[];
}

/** What a stream said last. `timeMs` is NaN as long as it said nothing. */
export interface RequestStream extends CountedPast {
  sum: number;
  counts: readonly number[];
}

/** One life of a sender: what it counts from one start on. Several senders that nothing else tells apart are told apart by it. */
interface Life {
  readonly startMs: number;
  readonly firstMs: number;
  lastMs: number;
  /** No stream of it was refused or forgotten: one that appears began to count since the last report. */
  isWhole: boolean;
  /** It began while we listened, so that its first report holds nothing from before. */
  readonly isBorn: boolean;
  readonly streams: Map<string, RequestStream>;
}

interface Sender {
  readonly name: string;
  readonly firstMs: number;
  lives: Life[];
  streams: number;
}

/** Bounds (I11): lives of a sender at one time, and its streams. */
const livesMax = 8;
const perSenderMax = 2_000;
/** A first report that tells of more than this is not counted: it would all fall into one moment. */
const bornMs = 120_000;

export interface RequestStreams {
  /**
   * The stream a point belongs to, made if there is none yet. `isWhole`: all that a new one counted came since its sender's last
   * report. Undefined when there is no room, which is counted and named.
   */
  of(
    metric: MetricSignal,
    startMs: number,
    nowMs: number,
  ): { readonly stream: RequestStream; readonly isNew: boolean; readonly isWhole: boolean } | undefined;
  forget(beforeMs: number): void;
  stats(): { readonly streams: number; readonly streamsRefused: number };
  crowded(nowMs: number): string[];
}

export function createRequestStreams(streamsMax: number): RequestStreams {
  const senders = new Map<string, Sender>();
  const crowd = createCrowd();
  let size = 0;

  function senderOf(metric: MetricSignal): Sender | undefined {
    const { environment, service, instance = "", source = "", name, timeMs } = metric;
    const key = JSON.stringify([environment, service, instance, source, name]);
    const known = senders.get(key);
    if (known || senders.size >= streamsMax) return known;
    const fresh = { name: service, firstMs: timeMs, lives: [], streams: 0 };
    senders.set(key, fresh);
    return fresh;
  }

  function begin(sender: Sender, startMs: number, timeMs: number): Life {
    if (sender.lives.length >= livesMax) size -= letGoOldest(sender);
    const isBorn = startMs > 0 && startMs > sender.firstMs && timeMs - startMs <= bornMs;
    const life = { startMs, firstMs: timeMs, lastMs: timeMs, isWhole: true, isBorn, streams: new Map() };
    sender.lives.push(life);
    return life;
  }

  return {
    of(metric, startMs, nowMs) {
      const sender = senderOf(metric);
      const { timeMs } = metric;
      if (!sender) {
        crowd.refuse("requests of further services", nowMs);
        return undefined;
      }
      const life = knownLife(sender, startMs) ?? begin(sender, startMs, timeMs);
      const key = keyOf(metric.attributes);
      const stream = life.streams.get(key);
      life.lastMs = Math.max(life.lastMs, timeMs);
      if (stream) return { stream, isNew: false, isWhole: life.isWhole };
      if (size >= streamsMax || sender.streams >= perSenderMax) {
        life.isWhole = false;
        crowd.refuse(`requests of ${sender.name}`, nowMs);
        return undefined;
      }
      const fresh = { timeMs: Number.NaN, startMs: 0, total: 0, falls: 0, sum: 0, counts: [] };
      life.streams.set(key, fresh);
      sender.streams++;
      size++;
      return { stream: fresh, isNew: true, isWhole: life.isWhole && (life.isBorn || life.firstMs < timeMs) };
    },
    forget(beforeMs) {
      for (const [key, sender] of senders) {
        size -= letGo(sender, beforeMs);
        if (sender.lives.length === 0) senders.delete(key);
      }
    },
    stats: () => ({ streams: size, streamsRefused: crowd.total() }),
    crowded: (nowMs) => crowd.worst(nowMs),
  };
}

const keyOf = (attributes: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const knownLife = ({ lives }: Sender, startMs: number): Life | undefined =>
  lives.find((life) => Math.abs(life.startMs - startMs) <= sameStartMs);

/** Lets go of the life that was silent for longest; gives how many streams that were. */
function letGoOldest(sender: Sender): number {
  const oldest = sender.lives.reduce((a, b) => (b.lastMs < a.lastMs ? b : a));
  sender.lives = sender.lives.filter((life) => life !== oldest);
  sender.streams -= oldest.streams.size;
  return oldest.streams.size;
}

/** Lets go of streams and lives last heard before a time; gives how many streams that were. */
function letGo(sender: Sender, beforeMs: number): number {
  const before = sender.streams;
  for (const life of sender.lives)
    for (const [key, stream] of life.streams)
      if (!(stream.timeMs >= beforeMs) && life.streams.delete(key)) {
        life.isWhole = false;
        sender.streams--;
      }
  sender.lives = sender.lives.filter((life) => life.lastMs >= beforeMs);
  return before - sender.streams;
}
