import { formatDuration } from "../kernel/duration.ts";
import { clock, dateTime } from "../loop/detection/describe.ts";
import type { Exemplar, ExemplarReason } from "../loop/detection/traces/exemplars.ts";
import type { OperationSummary, Share } from "../loop/detection/traces/operation-summary.ts";
import type { OutlineSpan, TraceOutline } from "../loop/detection/traces/trace-outline.ts";
import type { OperationMoved } from "../loop/diagnosis/operations-moved.ts";

type Shown = Omit<OperationSummary, "durations">;

/** What `GET /api/v1/telemetry/operations` answers. */
export interface OperationsAnswer {
  readonly service: string;
  readonly environment: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly usualFromMs: number | null;
  readonly tracesLookedAtShare: number;
  readonly operations: readonly (Shown & { readonly usual: Shown | null })[];
  readonly moved: readonly OperationMoved[];
  readonly exemplars: readonly (Omit<Exemplar, "why"> & { readonly why: readonly ExemplarReason[] })[];
  readonly cut: boolean;
}

/** What `GET /api/v1/telemetry/traces/ID` answers. */
export interface TraceAnswer extends TraceOutline {
  readonly traceId: string;
  readonly cut: boolean;
  readonly missing: readonly string[];
}

/** Less than this share is not worth a word. */
const shareMin = 0.005;
const sharesMax = 4;

export function operationLines(answer: OperationsAnswer): string[] {
  const { service, environment, fromMs, toMs, usualFromMs, operations, moved, exemplars } = answer;
  const usual =
    usualFromMs === null ? "usual: not known yet" : `in brackets: the ${length(fromMs - usualFromMs)} before`;
  const share = answer.tracesLookedAtShare;
  return [
    `${service} in ${environment || "(no environment)"}, ${dateTime(fromMs)} to ${clock(toMs)}; ${usual}`,
    ...(share < 1 ? [`there are more traces than fit: these are ${percent(share)} of them`] : []),
    ...(operations.length === 0 ? ["no request in this time"] : operations.flatMap(linesOf)),
    ...section(
      "not as before:",
      moved.map((m) => `  ${m.text}`),
    ),
    ...section(
      "traces to look at (homeostat trace show ID):",
      exemplars.map(
        (e) =>
          `  ${e.traceId}  ${clock(e.atMs)}  ${ms(e.durationMs).padStart(9)}  ${e.operation}  ${whyOf(e.why, e.what)}`,
      ),
    ),
    ...(answer.cut ? ["there are more: --limit N, or --json"] : []),
  ];
}

const linesOf = (o: Shown & { readonly usual: Shown | null }): string[] => [
  `  ${o.operation}`,
  `      ${beside(rate(o), o.usual && rate(o.usual))}; ${beside(`${percent(o.errorShare)} fail`, o.usual && percent(o.usual.errorShare))}; p50 ${beside(ms(o.p50Ms), o.usual && ms(o.usual.p50Ms))}, p95 ${beside(ms(o.p95Ms), o.usual && ms(o.usual.p95Ms))}`,
  `      its time: ${[`${percent(o.selfShare)} own work`, ...shares(o.waits, "waiting for ")].join(", ")}; ${percent(o.criticalShare)} of the critical path of its traces`,
  ...(o.origins.length > 0 ? [`      failures began: ${shares(o.origins, "at ").join(", ")}`] : []),
];

const shares = (all: readonly Share[], word: string): string[] =>
  all
    .filter(({ share }) => share >= shareMin)
    .slice(0, sharesMax)
    .map(({ name, share }) => `${percent(share)} ${word}${name}`);

const whyOf = (why: readonly ExemplarReason[], what: string | undefined): string =>
  why.map((word) => (word === "new" ? `new: ${what ?? ""}` : word)).join(", ");

export function traceLines(trace: TraceAnswer): string[] {
  const { traceId, startMs, durationMs, spans, services, origins, missing, cut } = trace;
  const many = spans.length === 1 ? "1 span" : `${spans.length} spans`;
  return [
    `trace ${traceId}  ${dateTime(startMs)}  ${ms(durationMs)}  ${many} of ${services.join(", ")}`,
    ...origins.map(originLine),
    "",
    `${"start".padStart(10)} ${"took".padStart(10)} ${"own".padStart(10)}   on the critical path: *`,
    ...spans.map(spanLine),
    ...(cut ? ["there are more spans: these are the newest"] : []),
    ...missing.map((what) => `not there to look at: ${what}`),
  ];
}

const originLine = ({ service, name, peer }: TraceOutline["origins"][number]): string =>
  `failed: it began ${peer === undefined ? `at ${service}, \`${name}\`` : `with the call \`${name}\` of ${service} to ${peer}`}`;

const spanLine = (s: OutlineSpan): string =>
  [
    ms(s.offsetMs).padStart(10),
    ms(s.durationMs).padStart(10),
    ms(s.selfMs).padStart(10),
    s.criticalMs > 0 ? "*" : " ",
    `${indent(s.depth)}${s.service}  ${s.name}${called(s)}${marks(s)}`,
  ].join(" ");

/** Deeper than this a line no longer fits a screen. */
const indentMax = 30;
const indent = (depth: number): string =>
  depth <= indentMax ? "  ".repeat(depth) : `${"  ".repeat(indentMax)}(${depth}) `;

const called = ({ spanKind, peer }: OutlineSpan): string =>
  spanKind === "client" || spanKind === "producer" ? ` -> ${peer ?? "?"}` : "";

function marks({ error, isOrigin, isOrphan, statusCode, gapMs }: OutlineSpan): string {
  const said = [
    ...(error ? [`FAILED${statusCode === undefined ? "" : ` (${statusCode})`}${isOrigin ? ", began here" : ""}`] : []),
    ...(isOrphan ? ["its parent is not there"] : []),
    ...(gapMs !== undefined && gapMs >= 1 ? [`${ms(gapMs)} between caller and callee`] : []),
  ];
  return said.length > 0 ? `  ${said.join("; ")}` : "";
}

const section = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? ["", title, ...lines] : []);
const beside = (now: string, usual: string | null): string => (usual === null ? now : `${now} (${usual})`);
const rate = ({ perSecond }: Shown): string => `${perSecond.toFixed(perSecond < 10 ? 2 : 0)}/s`;
const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const length = (forMs: number): string => formatDuration(Math.round(forMs / 1_000) * 1_000);
