import type { Room } from "./room.ts";

/** The last values of a series, for what they are like together: mean and spread are computed anew, so nothing lingers. */
export interface RecentValues {
  readonly values: Float64Array;
  /** Values taken in so far. */
  count: number;
  /** Where the next one goes. */
  next: number;
  /** Of the values held. */
  mean: number;
  /** Standard deviation of the values held. */
  spread: number;
}

export const createRecent = (size: number, room: Room): RecentValues => ({
  values: room(size),
  count: 0,
  next: 0,
  mean: 0,
  spread: 0,
});

export function pushRecent(recent: RecentValues, value: number): void {
  const { values } = recent;
  values[recent.next] = value;
  recent.next = recent.next + 1 === values.length ? 0 : recent.next + 1;
  recent.count++;
  const held = Math.min(recent.count, values.length);
  let sum = 0;
  for (let i = 0; i < held; i++) sum += values[i] as number;
  const mean = sum / held;
  let squares = 0;
  for (let i = 0; i < held; i++) squares += ((values[i] as number) - mean) ** 2;
  recent.mean = mean;
  recent.spread = Math.sqrt(squares / held);
}

export const isFull = ({ count, values }: RecentValues): boolean => count >= values.length;
