import { cutText } from "../../kernel/cut-text.ts";
import type { LogSignal } from "../signal/signal.ts";
import type { Finding } from "./finding.ts";
import { logFinding, textMax } from "./log-finding.ts";
import {
  countLine,
  newShape,
  oddityOf,
  passSteps,
  stepMs,
  type LogShape,
  type Oddity,
  type ServiceLines,
} from "./log-shape.ts";
import type { Away } from "./own-time.ts";
import { emptyRate } from "./rate-baseline.ts";
import { sessionFinding } from "./sessions/session-finding.ts";
import { createSessionWatch, type SessionWatch } from "./sessions/session-watch.ts";
import { currentOf, templateText } from "./templates/log-template.ts";
import { createTemplateMiner, type TemplateMiner } from "./templates/miner.ts";

/** A service's shapes are all new at first: they become worth telling after this long. */
const warmMs = 60_000;
const quietMs = 60_000;
/** What goes on for longer is the new usual. */
const absorbMs = 3_600_000;
const errorSeverity = 17;
/** Findings a service may have at one time (I11). */
const firingMax = 5;

/** What is known of one service's log. */
export interface LoggingService extends ServiceLines {
  readonly service: string;
  readonly environment: string;
  readonly firstMs: number;
  /** When its last line came. */
  lastMs: number;
  readonly miner: TemplateMiner;
  readonly shapes: Map<string, LogShape>;
  /** Set once its log names traces. */
  sessions: SessionWatch | undefined;
}

export const newService = (service: string, environment: string, nowMs: number): LoggingService => ({
  service,
  environment,
  firstMs: nowMs,
  lastMs: nowMs,
  miner: createTemplateMiner(),
  shapes: new Map(),
  sessions: undefined,
  lines: 0,
  rate: emptyRate(),
  stepStartMs: nowMs,
  count: 0,
});

export function takeLine(s: LoggingService, { body, severity, traceId }: LogSignal, nowMs: number): void {
  s.lines++;
  s.lastMs = nowMs;
  s.count++;
  const template = s.miner.take(body);
  const isLate = nowMs - s.firstMs >= warmMs;
  const shape = s.shapes.get(template.id) ?? newShape(template, isLate && severity >= errorSeverity, nowMs);
  // The same shape again, after its template was let go: it is not new.
  shape.template = template;
  s.shapes.set(template.id, shape);
  countLine(shape, severity, s, nowMs);
  if (traceId === undefined) return;
  s.sessions ??= createSessionWatch(nowMs);
  s.sessions.take(traceId, template, nowMs);
}

/** Leaves out a time in which nobody looked: steps, silences and pauses go on after it where they were. */
export function passOver(s: LoggingService, { fromMs, toMs }: Away): void {
  const forMs = toMs - fromMs;
  s.lastMs += forMs;
  for (const counted of [s, ...s.shapes.values()]) counted.stepStartMs += forMs;
  for (const shape of s.shapes.values()) {
    shape.lastMs += forMs;
    shape.oddMs += forMs;
    if (shape.firing && shape.oddity === "gone") shape.sinceMs += forMs;
  }
  s.sessions?.away(toMs);
}

/** Findings about the service's log that fired, go on, or cleared. */
export function judgeService(s: LoggingService, nowMs: number): Finding[] {
  const found = moveMerged(s, nowMs);
  let firing = [...s.shapes.values()].filter((shape) => shape.firing).length;
  for (const shape of s.shapes.values()) {
    const before = shape.firing;
    judgeShape(shape, s, firing < firingMax, nowMs);
    firing += Number(shape.firing) - Number(before);
    if (shape.firing || before) found.push(logFinding(s, shape, nowMs));
    passSteps(shape, !shape.firing, nowMs);
  }
  passSteps(s, true, nowMs);
  return [...found, ...judgeSessions(s, nowMs)];
}

/** What fires of a service that is forgotten ends. */
export const endService = (s: LoggingService, nowMs: number): Finding[] =>
  [...s.shapes.values()]
    .filter((shape) => shape.firing)
    .map((shape) => logFinding(s, { ...shape, firing: false }, nowMs));

function judgeSessions(s: LoggingService, nowMs: number): Finding[] {
  const odd = s.sessions?.tick(nowMs);
  if (!odd) return [];
  const template = s.shapes.get(odd.deviation?.kind ?? "")?.template;
  return [
    sessionFinding(
      s,
      odd,
      template ? cutText(templateText(template).toWellFormed(), textMax) : "a line that is no more",
      nowMs,
    ),
  ];
}

function judgeShape(shape: LogShape, all: ServiceLines, mayFire: boolean, nowMs: number): void {
  const oddity = oddityOf(shape, all, nowMs);
  if (oddity) shape.oddMs = oddity === "new" ? shape.lastMs : nowMs;
  if (shape.firing) shape.firing = !isOver(shape, nowMs);
  else if (oddity && nowMs - shape.oddMs < stepMs && mayFire) fire(shape, oddity);
}

function fire(shape: LogShape, oddity: Oddity): void {
  shape.firing = true;
  shape.oddity = oddity;
  shape.sinceMs = { new: shape.firstMs, often: shape.stepStartMs, gone: shape.lastMs }[oddity];
}

/** A line that was missed ends it by coming. What was told for long is usual from then on, and a line is not missed twice. */
function isOver(shape: LogShape, nowMs: number): boolean {
  const isAbsorbed = nowMs - shape.sinceMs >= absorbMs;
  if (shape.oddity !== "gone") return isAbsorbed || nowMs - shape.oddMs >= quietMs;
  if (isAbsorbed) shape.usual.own = 0;
  return isAbsorbed || shape.lastMs > shape.sinceMs || nowMs - shape.oddMs >= quietMs;
}

/** Shapes whose template became part of another go on as that one's; what the miner let go ends. */
function moveMerged(s: LoggingService, nowMs: number): Finding[] {
  const ended: Finding[] = [];
  for (const [id, shape] of s.shapes) {
    const template = currentOf(shape.template);
    if (template === shape.template && !template.forgotten) continue;
    s.shapes.delete(id);
    s.sessions?.forget(id);
    if (shape.firing) ended.push(logFinding(s, { ...shape, firing: false }, nowMs));
    if (template.forgotten) continue;
    const into = s.shapes.get(template.id);
    if (!into) s.shapes.set(template.id, { ...shape, template, firing: false });
    else into.total += shape.total;
  }
  return ended;
}
