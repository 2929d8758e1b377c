import { digestOf } from "../../kernel/digest.ts";
import type { LogSignal } from "../signal/signal.ts";
import { clock } from "./describe.ts";
import type { Finding } from "./finding.ts";
import { createLogTemplates, templateText, type LogTemplate, type LogTemplates } from "./log-templates.ts";
import { emptyRate, expectedCount, learnRate, rateAbove, type RateBaseline } from "./rate-baseline.ts";

/** Lines of a shape are counted in steps of this length. */
const stepMs = 10_000;
/** A service's shapes are all new at first: they become worth telling after this long. */
const warmMs = 60_000;
const quietMs = 60_000;
/** What goes on for longer is the new usual. */
const absorbMs = 3_600_000;
/** Steps after which it is known how often a shape comes. */
const stepsKnown = 6;
const errorSeverity = 17;
const warnSeverity = 13;
/** A new kind of error speaks up from its second line on: one line is an accident. */
const newMin = 2;
const suddenMin = 10;
const falseAlarm = 1e-6;
/** Bounds (I11): services, and findings a service may have at one time. */
const servicesMax = 5_000;
const firingMax = 5;

interface Shape {
  readonly template: LogTemplate;
  readonly isNew: boolean;
  readonly rate: RateBaseline;
  stepStartMs: number;
  count: number;
  lastMs: number;
  sinceMs: number;
  total: number;
  /** When it was last unusual. */
  oddMs: number;
  firing: boolean;
}

interface LoggingService {
  readonly service: string;
  readonly environment: string;
  readonly firstMs: number;
  readonly templates: LogTemplates;
  readonly shapes: Map<string, Shape>;
}

/** New kinds of error lines, and warnings or errors that suddenly come often (B5). A finding clears after a quiet minute. */
export interface LogWatch {
  take(log: LogSignal, nowMs: number): void;
  /** Findings that fired, go on, or cleared. */
  tick(nowMs: number): Finding[];
  stats(): { readonly logShapes: number; readonly logsUnshaped: number };
}

export function createLogWatch(): LogWatch {
  const services = new Map<string, LoggingService>();
  let unshaped = 0;

  function serviceOf({ service, environment }: LogSignal, nowMs: number): LoggingService | undefined {
    const key = JSON.stringify([environment, service]);
    const known = services.get(key);
    if (known || services.size >= servicesMax) return known;
    const fresh = { service, environment, firstMs: nowMs, templates: createLogTemplates(), shapes: new Map() };
    services.set(key, fresh);
    return fresh;
  }

  return {
    take(log, nowMs) {
      const s = serviceOf(log, nowMs);
      if (!s || log.severity < warnSeverity) return;
      const template = s.templates.match(log.body);
      if (!template) {
        unshaped++;
        return;
      }
      const shape = s.shapes.get(template.id) ?? shapeOf(template, log, nowMs - s.firstMs >= warmMs, nowMs);
      s.shapes.set(template.id, shape);
      shape.count++;
      shape.total++;
      shape.lastMs = nowMs;
    },
    tick: (nowMs) => [...services.values()].flatMap((s) => judgeService(s, nowMs)),
    stats: () => ({
      logShapes: [...services.values()].reduce((n, s) => n + s.shapes.size, 0),
      logsUnshaped: unshaped,
    }),
  };
}

const shapeOf = (template: LogTemplate, log: LogSignal, isLate: boolean, nowMs: number): Shape => ({
  template,
  isNew: isLate && log.severity >= errorSeverity,
  rate: emptyRate(),
  stepStartMs: nowMs,
  count: 0,
  lastMs: nowMs,
  sinceMs: nowMs,
  total: 0,
  oddMs: -Infinity,
  firing: false,
});

function judgeService(s: LoggingService, nowMs: number): Finding[] {
  const found: Finding[] = [];
  let firing = [...s.shapes.values()].filter((shape) => shape.firing).length;
  for (const shape of s.shapes.values()) {
    const before = shape.firing;
    judgeShape(shape, nowMs, firing < firingMax);
    firing += Number(shape.firing) - Number(before);
    if (shape.firing || before) found.push(findingOf(s, shape, nowMs));
  }
  return found;
}

function judgeShape(shape: Shape, nowMs: number, mayFire: boolean): void {
  const isFresh = shape.isNew && shape.rate.weight < stepsKnown;
  if (isFresh ? shape.total >= newMin : isBurst(shape)) shape.oddMs = isFresh ? shape.lastMs : nowMs;
  const isOdd = nowMs - shape.oddMs < stepMs;
  if (!shape.firing && isOdd && mayFire) {
    shape.firing = true;
    if (!isFresh) shape.sinceMs = shape.stepStartMs;
  } else if (nowMs - shape.oddMs >= quietMs || nowMs - shape.sinceMs >= absorbMs) shape.firing = false;
  step(shape, nowMs);
}

const isBurst = (shape: Shape): boolean =>
  shape.rate.weight >= stepsKnown && shape.count >= suddenMin && rateAbove(shape.rate, shape.count, 1) < falseAlarm;

/** Learns the steps that ended; not while it fires, or it would never be unusual again. After a long pause a few tell enough. */
function step(shape: Shape, nowMs: number): void {
  for (let i = 0; nowMs - shape.stepStartMs >= stepMs; i++) {
    if (!shape.firing) learnRate(shape.rate, shape.count);
    shape.count = 0;
    shape.stepStartMs = i < 60 ? shape.stepStartMs + stepMs : nowMs;
  }
}

function findingOf(s: LoggingService, shape: Shape, nowMs: number): Finding {
  const { service, environment } = s;
  const text = templateText(shape.template).slice(0, 200);
  const isNew = shape.rate.weight < 6;
  const kind = isNew ? "a new kind of error" : "suddenly often";
  const told = `${service}: ${kind} in its log, ${shape.total} lines since ${clock(shape.sinceMs)}: ${text}`;
  return {
    id: `${service}/logs/${shape.template.id.slice(0, 8)}@${environment}`,
    service,
    environment,
    dimension: "logs",
    state: shape.firing ? "firing" : "cleared",
    direction: isNew ? "present" : "above",
    expected: isNew ? null : expectedCount(shape.rate, 1),
    observed: shape.count,
    unit: `lines in ${stepMs / 1000} s`,
    unusualness: isNew ? 1 : 1 - rateAbove(shape.rate, shape.count, 1),
    sinceMs: shape.sinceMs,
    atMs: shape.firing ? shape.lastMs : nowMs,
    agreeing: [],
    telemetry: digestOf({ service, environment, template: text, lines: shape.total, sinceMs: shape.sinceMs }),
    subject: text,
    summary: shape.firing ? told : `${service}: quiet again in its log since ${clock(shape.lastMs)}: ${text}`,
  };
}
