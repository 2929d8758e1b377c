import { emptyShare, expectedShare, learnShare, unlikely } from "../share-baseline.ts";
import type { LogTemplate } from "../templates/log-template.ts";
import { createOpenSessions } from "./open-sessions.ts";
import { createSessionModel, type Deviation, type LineCounts } from "./session-model.ts";

const stepMs = 10_000;
/** Sessions after which it is known what is usual. */
const knownMin = 200;
/** Unlike sessions in a step that are worth telling, and how unlikely by chance; a share below the floor is nothing to tell. */
const unlikeMin = 5;
const falseAlarm = 1e-6;
const shareFloor = 0.02;
const quietMs = 60_000;
/** What goes on for longer is the new usual. */
const absorbMs = 3_600_000;
const absorbingMs = 300_000;

/** How many of a service's sessions log other lines than they used to, in the last step that was odd. */
export interface OddSessions {
  readonly firing: boolean;
  readonly sinceMs: number;
  readonly sessions: number;
  readonly unlike: number;
  /** Share that was usual. */
  readonly usual: { readonly low: number; readonly mid: number; readonly high: number };
  readonly unusualness: number;
  /** What was most surprising in one of them. */
  readonly deviation: Deviation | undefined;
}

/**
 * Watches the sessions of one service, which are traces as its log names them. What is odd is not learned from, or it would soon be
 * usual. Counts of open sessions are kept in memory: 300 KB with 300 open ones of 20 templates each, and 150 KB for what is known.
 */
export interface SessionWatch {
  take(traceId: string, template: LogTemplate, nowMs: number): void;
  /** The id of a template that became part of another, or was let go. */
  forget(templateId: string): void;
  /** Nobody looked until then: sessions that were open lack lines, and are not looked at. */
  away(untilMs: number): void;
  /** Sessions that were not looked at, because too many were open, or they lack lines. */
  missed(): number;
  /** What is odd, once more when it is over; `undefined` when all is as usual. */
  tick(nowMs: number): OddSessions | undefined;
}

export function createSessionWatch(startMs: number): SessionWatch {
  const open = createOpenSessions();
  const model = createSessionModel();
  const usual = emptyShare();
  let ended: LineCounts[] = [];
  let odd: OddSessions | undefined;
  let [stepStartMs, oddMs, learningUntilMs] = [startMs, 0, 0];

  /** What is odd about the sessions of a step; if nothing, they are learned from. */
  function endStep(nowMs: number): void {
    const now = model.size() < knownMin || nowMs < learningUntilMs ? undefined : judge();
    if (now) {
      oddMs = nowMs;
      odd = { ...now, sinceMs: odd?.sinceMs ?? stepStartMs };
    } else if (!odd) ended.forEach((counts) => model.learn(counts));
    ended = [];
    stepStartMs = nowMs;
  }

  function judge(): OddSessions | undefined {
    const verdicts = ended.map((counts) => model.judge(counts)).filter((v) => v.isAnomalous);
    const [sessions, unlike] = [ended.length, verdicts.length];
    const chance = unlike < unlikeMin ? 1 : unlikely(usual, unlike, sessions, shareFloor);
    if (chance >= falseAlarm) {
      if (!odd) learnShare(usual, unlike, sessions);
      return undefined;
    }
    const [deviation] = verdicts.flatMap((v) => v.deviations).toSorted((a, b) => b.surprise - a.surprise);
    const expected = expectedShare(usual, sessions);
    return { firing: true, sinceMs: 0, sessions, unlike, usual: expected, unusualness: 1 - chance, deviation };
  }

  return {
    take: (traceId, template, nowMs) => open.take(traceId, template, nowMs),
    forget: (templateId) => model.forget(templateId),
    missed: () => open.missed(),
    away(untilMs) {
      open.leave();
      [ended, stepStartMs] = [[], untilMs];
    },
    tick(nowMs) {
      ended.push(...open.ended(nowMs));
      if (nowMs - stepStartMs >= stepMs) endStep(nowMs);
      const was = odd;
      if (!was || (nowMs - oddMs < quietMs && nowMs - was.sinceMs < absorbMs)) return was;
      odd = undefined;
      // It is learned from now, without being judged by what was usual before.
      if (nowMs - was.sinceMs >= absorbMs) learningUntilMs = nowMs + absorbingMs;
      return { ...was, firing: false };
    },
  };
}
