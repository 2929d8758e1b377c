import { durationBoundsMs } from "../detection/red.ts";
import { intervalOf } from "../detection/duration-interval.ts";
import { binomialAtLeast } from "../detection/tails.ts";
import type { Exemplar } from "../detection/traces/exemplars.ts";
import type { OperationSummary, Share } from "../detection/traces/operation-summary.ts";

/** What whole traces say of the operations of one service: before it began and since, and the traces worth looking at since. */
export interface OperationsSeen {
  readonly service: string;
  readonly before: readonly OperationSummary[];
  readonly since: readonly OperationSummary[];
  /** How long `since` is, ms. */
  readonly sinceLengthMs: number;
  readonly exemplars: readonly Exemplar[];
}

/** An operation that is not as it was: what changed, what explains it, and traces to look at. */
export interface OperationMoved {
  readonly service: string;
  readonly operation: string;
  readonly change: "slower" | "failing" | "gone";
  /** What people read. */
  readonly text: string;
  /** Whom it waits for longer, or where its failures begin: the service itself or another; the most first. */
  readonly through: readonly Share[];
  readonly traceIds: readonly string[];
}

/** Requests below which nothing is said. */
const beforeMin = 20;
const sinceMin = 5;
const failedMin = 3;
const goneMin = 30;
/** How often chance alone may say so. */
const chanceMax = 1e-4;
/** A tenth of requests later than what 5% were later than is no change yet, nor is one failure in a hundred. */
const lateShare = 0.1;
const failedShare = 0.01;
/** So much longer is worth telling. */
const slowerBy = 1.5;
const movedMax = 10;
/** A failed request weighs as much as one that takes so much longer. */
const failureMs = 1_000;
const tracesMax = 2;
const shownShare = 0.1;
const shownMax = 3;

/**
 * The operations that became slower, fail, or are gone, compared with their own time before: with what they wait for, or where
 * their failures begin, and traces that show it. First those where most of it begins: by their own work, or by whom nobody here
 * tells more about.
 */
export function operationsMoved(seen: readonly OperationsSeen[]): OperationMoved[] {
  const others = new Set(seen.map(({ service }) => service));
  const begunHere = ({ moved: { service, through }, lostMs }: Sized): number =>
    lostMs * through.reduce((sum, t) => sum + (t.name === service || !others.has(t.name) ? t.share : 0), 0);
  return seen
    .flatMap((of) => of.since.map((now) => movedOf(of, now)).concat(goneOf(of)))
    .filter((found) => found !== undefined)
    .toSorted((a, b) => begunHere(b) - begunHere(a) || b.lostMs - a.lostMs || (a.moved.text < b.moved.text ? -1 : 1))
    .slice(0, movedMax)
    .map(({ moved }) => moved);
}

interface Sized {
  readonly moved: OperationMoved;
  /** What requests take longer, all together; a failed one counts as `failureMs`. */
  readonly lostMs: number;
}

function movedOf(seen: OperationsSeen, now: OperationSummary): Sized | undefined {
  const usual = seen.before.find((b) => b.operation === now.operation);
  return failing(seen, now, usual) ?? slower(seen, now, usual);
}

function failing(seen: OperationsSeen, now: OperationSummary, usual?: OperationSummary): Sized | undefined {
  const before = usual?.errorShare ?? 0;
  if (now.errors < failedMin) return undefined;
  if (binomialAtLeast(now.errors, now.count, Math.max(failedShare, 2 * before)) > chanceMax) return undefined;
  const usually = usual && usual.count >= beforeMin ? `${percent(before)} -> ` : "";
  const whence = listed(now.origins, (name, of) => `${name === seen.service ? "here" : `at ${name}`} (${of})`);
  const told = `${usually}${percent(now.errorShare)} fail${whence === "" ? "" : `; they begin ${whence}`}`;
  const traces = seen.exemplars.filter((e) => e.why === "failed");
  return sized(seen, now, "failing", told, now.origins, traces, now.errors * failureMs);
}

function slower(seen: OperationsSeen, now: OperationSummary, usual?: OperationSummary): Sized | undefined {
  if (!usual || usual.count < beforeMin || now.count < sinceMin) return undefined;
  if (now.p95Ms < slowerBy * usual.p95Ms || lateChance(now, usual) > chanceMax) return undefined;
  const { shares, of } = addedBy(seen.service, now, usual);
  const whence = listed(
    shares,
    (name, share) => `${share} ${name === seen.service ? "its own work" : `waiting for ${name}`}`,
  );
  const told = `p95 ${ms(usual.p95Ms)} -> ${ms(now.p95Ms)}${whence === "" ? "" : `; ${of} ${whence}`}`;
  const traces = seen.exemplars.filter((e) => e.durationMs > usual.p95Ms);
  return sized(seen, now, "slower", told, shares, traces, now.count * Math.max(0, now.meanMs - usual.meanMs));
}

/** The probability that so many are later than 5% were before. */
function lateChance(now: OperationSummary, { p95Ms }: OperationSummary): number {
  const from = Math.min(durationBoundsMs.length, intervalOf(p95Ms) + 1);
  const late = now.durations.slice(from).reduce((sum, n) => sum + n, 0);
  return binomialAtLeast(late, now.count, lateShare);
}

/** Requests came all the time, and none does any more. */
function goneOf({ service, before, since, sinceLengthMs }: OperationsSeen): Sized[] {
  const isGone = (b: OperationSummary): boolean =>
    (b.perSecond * sinceLengthMs) / 1_000 >= goneMin && !since.some((s) => s.operation === b.operation);
  return before.filter(isGone).map((b) => ({
    moved: {
      service,
      operation: b.operation,
      change: "gone",
      text: `${service} \`${b.operation}\`: no request any more, usually ${b.perSecond.toFixed(1)}/s`,
      through: [],
      traceIds: [],
    },
    lostMs: 0,
  }));
}

/** Whose share of the added time it is: the service's own, and those it waits for. Where the mean did not grow, of all its time. */
function addedBy(service: string, now: OperationSummary, usual: OperationSummary): { shares: Share[]; of: string } {
  const parts = ({ selfShare, waits }: OperationSummary): Share[] => [{ name: service, share: selfShare }, ...waits];
  const before = new Map(parts(usual).map(({ name, share }) => [name, share * usual.meanMs]));
  const added = parts(now)
    .map(({ name, share }) => ({ name, ms: share * now.meanMs - (before.get(name) ?? 0) }))
    .filter((part) => part.ms > 0);
  const sum = added.reduce((all, part) => all + part.ms, 0);
  const isLonger = now.meanMs > usual.meanMs && sum > 0;
  const shares = isLonger ? added.map((part) => ({ name: part.name, share: part.ms / sum })) : parts(now);
  return { shares: shares.toSorted((a, b) => b.share - a.share), of: isLonger ? "of the added time" : "of its time" };
}

function sized(
  { service }: OperationsSeen,
  { operation }: OperationSummary,
  change: OperationMoved["change"],
  told: string,
  through: readonly Share[],
  exemplars: readonly Exemplar[],
  lostMs: number,
): Sized {
  const own = exemplars.filter((e) => e.operation === operation).map((e) => e.traceId);
  const traceIds = [...new Set(own)].slice(0, tracesMax);
  const example = traceIds[0] === undefined ? "" : `; e.g. trace ${traceIds[0]}`;
  const text = `${service} \`${operation}\`: ${told}${example}`;
  return { moved: { service, operation, change, text, through: through.slice(0, shownMax), traceIds }, lostMs };
}

const listed = (shares: readonly Share[], word: (name: string, percent: string) => string): string =>
  shares
    .filter(({ share }) => share >= shownShare)
    .slice(0, shownMax)
    .map(({ name, share }) => word(name, percent(share)))
    .join(", ");

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
