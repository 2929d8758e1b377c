import { digestOf } from "../../../kernel/digest.ts";
import { createCrowd } from "../crowd.ts";
import { clock } from "../describe.ts";
import { createFaults, type Faults } from "../faults.ts";
import type { Finding } from "../finding.ts";
import { emptyShare, expectedShare, learnShare, unlikely, usualShare, type ShareBaseline } from "../share-baseline.ts";
import type { RequestShape } from "./request-shapes.ts";

/** Requests are counted in steps of this length, and judged over the last few of them together. */
const stepMs = 10_000;
const steps = 3;
/** Requests of an operation learned before its shape counts as known. */
const requestsKnown = 300;
/** Requests over the last steps below which nothing is said, and requests that have to be different. */
const requestsMin = 20;
const differentMin = 5;
const falseAlarm = 1e-9;
/** A call that is made by fewer requests than this is an exception, whose absence says nothing; by more than that it is not new. */
const usualMin = 0.5;
const newMax = 0.02;
const calmSteps = 6;
/** What goes on for longer is the new usual. */
const absorbMs = 3_600_000;
/** Bounds (I11): operations, those of one service, and calls of an operation. */
const operationsMax = 10_000;
const perServiceMax = 500;
/** One that was requested a few times only is forgotten so soon, so that names with ids in them make room. */
const fewRequests = 5;
const fewIdleMs = 120_000;
const callsMax = 60;
const firingMax = 20;

/** One way of being different: a call that is newly made, or left out. */
interface Oddity {
  readonly usual: ShareBaseline;
  sinceMs: number;
  oddMs: number;
  firing: boolean;
  /** When the last requests that were so began, by their own clock; the newest first. */
  readonly beganMs: number[];
}

interface Call {
  readonly made: Oddity;
  readonly leftOut: Oddity;
  readonly counts: number[];
}

interface Operation {
  readonly service: string;
  readonly environment: string;
  readonly name: string;
  readonly calls: Map<string, Call>;
  /** Requests, and requests with each call, of the last steps; the newest first. */
  readonly requests: number[];
  /** Requests learned from. */
  learned: number;
  lastMs: number;
}

export interface StructureWatch {
  /** Says in words what is new about this one request of a known operation, compared to those before it; undefined when nothing is. */
  take(shape: RequestShape, nowMs: number): string | undefined;
  /** Findings that fired, go on, or cleared. Call it at least every few seconds. */
  tick(nowMs: number): Finding[];
  /** Nobody looked for so long: no operation was idle meanwhile. */
  passOver(forMs: number): void;
  stats(): { readonly traceOperations: number; readonly traceOperationsRefused: number };
  /** Services with most requests refused, worst first. */
  crowded(nowMs: number): string[];
}

/**
 * Structural novelty of traces: requests of an operation that suddenly call whom they never called, or leave out a call that they
 * always made. Each is judged as a share of requests against what was usual; what is unusual is not learned.
 */
export function createStructureWatch(faults: Faults = createFaults()): StructureWatch {
  const operations = new Map<string, Operation>();
  const perService = new Map<string, number>();
  const crowd = createCrowd();
  let stepStartMs = Number.NaN;

  function operationOf({ span }: RequestShape, nowMs: number): Operation | undefined {
    const key = JSON.stringify([span.environment, span.service, span.name]);
    const known = operations.get(key);
    if (known) return known;
    const { service, environment, name } = span;
    const own = perService.get(service) ?? 0;
    if (operations.size >= operationsMax || own >= perServiceMax) {
      crowd.refuse(own > 0 ? `operations of ${service}` : "operations of further services", nowMs);
      return undefined;
    }
    perService.set(service, own + 1);
    const fresh = { service, environment, name, calls: new Map(), requests: zeros(), learned: 0, lastMs: 0 };
    operations.set(key, fresh);
    return fresh;
  }

  function forgetIdle(nowMs: number): void {
    for (const [key, o] of operations) {
      if (nowMs - o.lastMs <= (o.learned + sum(o.requests) <= fewRequests ? fewIdleMs : absorbMs)) continue;
      operations.delete(key);
      const left = (perService.get(o.service) ?? 1) - 1;
      if (left > 0) perService.set(o.service, left);
      else perService.delete(o.service);
    }
  }

  return {
    take(shape, nowMs) {
      const operation = operationOf(shape, nowMs);
      if (!operation) return undefined;
      const novelty = noveltyOf(operation, shape);
      count(operation, shape, nowMs);
      return novelty;
    },
    tick(nowMs) {
      if (!(nowMs - stepStartMs < 10 * stepMs && nowMs >= stepStartMs)) stepStartMs = nowMs;
      if (nowMs - stepStartMs < stepMs) return [];
      stepStartMs += stepMs * Math.floor((nowMs - stepStartMs) / stepMs);
      forgetIdle(nowMs);
      return [...operations].flatMap(([key, o]) => {
        const [work, letGo] = [() => judge(o, nowMs), () => operations.delete(key)];
        return faults.attempt("calls", o, nowMs, work, letGo) ?? [];
      });
    },
    passOver(forMs) {
      for (const o of operations.values()) o.lastMs += forMs;
    },
    stats: () => ({ traceOperations: operations.size, traceOperationsRefused: crowd.total() }),
    crowded: (nowMs) => crowd.worst(nowMs),
  };
}

const zeros = (): number[] => Array.from({ length: steps }, () => 0);
const oddity = (): Oddity => ({ usual: emptyShare(), sinceMs: 0, oddMs: -Infinity, firing: false, beganMs: [] });

/** Fewer requests than this share make a call, or leave one out: each of them is worth looking at. */
const rareMax = 0.005;

function noveltyOf(o: Operation, { calls }: RequestShape): string | undefined {
  if (o.learned < requestsKnown) return undefined;
  const isRare = (name: string): boolean => {
    const call = o.calls.get(name);
    return call ? usualShare(call.made.usual) <= rareMax : o.calls.size < callsMax;
  };
  const made = calls.find(isRare);
  if (made !== undefined) return `calls \`${made}\``;
  const isLeftOut = ([name, { made: m, leftOut }]: [string, Call]): boolean =>
    !calls.includes(name) && usualShare(m.usual) >= usualMin && usualShare(leftOut.usual) <= rareMax;
  const left = [...o.calls].find(isLeftOut);
  return left && `leaves out \`${left[0]}\``;
}

function count(o: Operation, { span, calls }: RequestShape, nowMs: number): void {
  o.requests[0] = (o.requests[0] ?? 0) + 1;
  o.lastMs = nowMs;
  for (const [name, call] of o.calls) note(calls.includes(name) ? call.made : call.leftOut, span.startMs);
  for (const name of calls) {
    const call = o.calls.get(name) ?? { made: oddity(), leftOut: oddity(), counts: zeros() };
    if (!o.calls.has(name) && o.calls.size >= callsMax) continue;
    o.calls.set(name, call);
    call.counts[0] = (call.counts[0] ?? 0) + 1;
  }
}

/** Starts remembered: enough for their middle. */
const beganMax = 32;

function note(way: Oddity, startMs: number): void {
  if (way.firing) return;
  way.beganMs.push(startMs);
  if (way.beganMs.length > beganMax) way.beganMs.shift();
}

/** The middle of the last such requests: rather late than early, since whatever was before it cannot be its effect. */
const sinceOf = ({ beganMs }: Oddity, nowMs: number): number =>
  beganMs.toSorted((a, b) => a - b)[Math.floor(beganMs.length / 2)] ?? nowMs;

const sum = (counts: readonly number[]): number => counts.reduce((n, c) => n + c, 0);

function judge(o: Operation, nowMs: number): Finding[] {
  const requests = sum(o.requests);
  const known = o.learned >= requestsKnown;
  const found: Finding[] = [];
  let firing = 0;
  for (const [name, call] of o.calls) {
    const hits = sum(call.counts);
    const isNew = known && usualShare(call.made.usual) <= newMax && isOdd(call.made.usual, hits, requests);
    const isLess =
      known && usualShare(call.made.usual) >= usualMin && isOdd(call.leftOut.usual, requests - hits, requests);
    for (const [way, odd, isMore] of [
      [call.made, isNew, true],
      [call.leftOut, isLess, false],
    ] as const) {
      const before = way.firing;
      turn(way, odd && firing < firingMax, nowMs);
      firing += Number(way.firing);
      if (way.firing || before)
        found.push(findingOf(o, name, way, isMore ? hits : requests - hits, requests, isMore, nowMs));
    }
    learn(o, call);
  }
  o.learned += o.requests.at(-1) ?? 0;
  shift(o.requests);
  return found;
}

const isOdd = (usual: ShareBaseline, hits: number, requests: number): boolean =>
  requests >= requestsMin && hits >= differentMin && unlikely(usual, hits, requests) < falseAlarm;

function turn(way: Oddity, odd: boolean, nowMs: number): void {
  if (odd) way.oddMs = nowMs;
  if (odd && !way.firing) [way.firing, way.sinceMs] = [true, sinceOf(way, nowMs)];
  else if (way.firing && (nowMs - way.oddMs > calmSteps * stepMs || nowMs - way.sinceMs > absorbMs)) {
    if (nowMs - way.sinceMs > absorbMs) Object.assign(way.usual, emptyShare());
    way.firing = false;
  }
}

/** The oldest of the last steps is learned, when it is known what came of it. */
function learn(o: Operation, call: Call): void {
  const [requests, hits] = [o.requests.at(-1) ?? 0, call.counts.at(-1) ?? 0];
  if (!call.made.firing && !call.leftOut.firing) {
    learnShare(call.made.usual, hits, requests);
    learnShare(call.leftOut.usual, requests - hits, requests);
  }
  shift(call.counts);
}

function shift(counts: number[]): void {
  counts.pop();
  counts.unshift(0);
}

function findingOf(
  o: Operation,
  name: string,
  way: Oddity,
  hits: number,
  requests: number,
  isMore: boolean,
  nowMs: number,
): Finding {
  const { service, environment } = o;
  const share = requests === 0 ? 0 : hits / requests;
  const what = isMore ? `calls \`${name}\`, which it did not` : `does not call \`${name}\` any more`;
  const told = `${service}: \`${o.name}\` ${what}: ${percent(share)} of requests since ${clock(way.sinceMs)}, usually ${percent(usualShare(way.usual))}`;
  return {
    id: `${service}/structure/${digestOf([o.name, name, isMore]).slice(7, 15)}@${environment}`,
    service,
    environment,
    dimension: "structure",
    state: way.firing ? "firing" : "cleared",
    direction: isMore ? "present" : "absent",
    expected: expectedShare(way.usual, Math.max(1, requests)),
    observed: share,
    unit: "share",
    unusualness: 1 - unlikely(way.usual, hits, requests),
    sinceMs: way.sinceMs,
    atMs: way.firing ? way.oddMs : nowMs,
    agreeing: [],
    telemetry: digestOf({ service, environment, operation: o.name, call: name, hits, requests, atMs: nowMs }),
    subject: `${o.name} > ${name}`,
    summary: way.firing
      ? told
      : `${service}: \`${o.name}\` has its usual calls again, had others since ${clock(way.sinceMs)}`,
  };
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
