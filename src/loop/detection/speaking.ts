/** A service that used to send telemetry is missed after this long; longer when it always paused longer between two signs of life. */
const missedMs = 20_000;
const pauseFactor = 3;
/**
 * A service that speaks by chance, such as for each of few requests, pauses longer than ever before all the time. Its silence has to be
 * this improbable, given in how many stretches of this length it spoke and in how many it did not.
 */
const falseAlarm = 1e-7;
const stretchMs = 5_000;
/** Of a service of which fewer stretches are known nobody knows how often it speaks: its silence is told after this long. */
const stretchesMin = 8;
const unknownMs = 5 * 60_000;
/** A beat is one after so many signs of life, none of which came later than this many times the mean. */
const regularMin = 20;
const regularMost = 1.25;
/** Of the longest pause, what is left of it a stretch later: a half after an hour of speaking. */
const fading = 0.999;
/** Stretches remembered, and the longest silence asked about, in stretches: a day. */
const stretchesMax = 2_000;
const silentMax = (24 * 3_600_000) / stretchMs;

/** How often a service gives a sign of life. */
export interface Speaking {
  /** Longest pause, fading with each stretch in which it spoke, however much it said. */
  pauseMs: number;
  /** Stretches of time in which it spoke, and between them those in which it did not. */
  spoke: number;
  paused: number;
  /** How long its silence has to be to be told; known until it speaks again. */
  toldMs: number | undefined;
}

export const createSpeaking = (): Speaking => ({ pauseMs: 0, spoke: 1, paused: 0, toldMs: undefined });

/** Learns that a sign of life came at `toMs`, the one before at `fromMs`. Those in one stretch are one. */
export function learnPause(s: Speaking, fromMs: number, toMs: number): void {
  s.pauseMs = Math.max(s.pauseMs, toMs - fromMs - stretchMs);
  const further = Math.floor(toMs / stretchMs) - Math.floor(fromMs / stretchMs);
  if (further <= 0) return;
  s.pauseMs = Math.max(s.pauseMs * fading, toMs - fromMs - stretchMs);
  s.toldMs = undefined;
  s.spoke++;
  s.paused += further - 1;
  if (s.spoke + s.paused <= stretchesMax) return;
  const kept = stretchesMax / 2 / (s.spoke + s.paused);
  s.spoke *= kept;
  s.paused *= kept;
}

/** The silence that is told, ms. */
export const silenceTold = (s: Speaking): number => (s.toldMs ??= longEnough(s));

/** Whether it speaks at a beat, as senders do that report every minute: of pauses by chance the longest is far longer than most. */
const isRegular = (spoke: number, paused: number, pauseMs: number): boolean =>
  spoke >= regularMin && pauseMs + stretchMs <= regularMost * (1 + paused / spoke) * stretchMs;

/**
 * Far longer than any pause, and so long that so many silent stretches in a row are no chance (Beta-binomial, one after the other). Who
 * never paused, or always for as long, needs no such proof.
 */
function longEnough({ spoke, paused, pauseMs }: Speaking): number {
  const leastMs = Math.max(missedMs, pauseFactor * pauseMs);
  if (spoke + paused < stretchesMin) return Math.max(leastMs, unknownMs);
  if (paused === 0 || isRegular(spoke, paused, pauseMs)) return leastMs;
  let [chance, stretches] = [1, 0];
  for (; chance >= falseAlarm && stretches < silentMax; stretches++)
    chance *= (paused + stretches) / (spoke + paused + stretches);
  return Math.max(leastMs, stretches * stretchMs);
}
