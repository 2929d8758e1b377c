import { z } from "zod";
import type { Observations } from "./observations.ts";

/** The moment of a recorded case: its first symptom, and how long after it it is looked at. */
const onsetMs = 1_000_000_000;
const nowMs = onsetMs + 120_000;
/** Time between points of a recorded series. */
const pointMs = 15_000;

const text = z.string().min(1).max(10_000);
const name = z.string().min(1).max(200);
const many = <T extends z.ZodType>(member: T) => z.array(member).max(100).default([]);
const count = z.number().int().min(1).max(1_000_000).default(1);

const line = z.union([
  text,
  z.strictObject({
    text,
    count,
    severity: z.number().int().min(0).max(24).default(17),
    before: z.boolean().default(false),
  }),
]);

const findingOf = z.strictObject({
  dimension: z.enum(["errors", "duration", "rate", "burn-rate", "logs", "alert", "absence", "health", "saturation"]),
  direction: z.enum(["above", "below", "present", "absent"]).default("above"),
  at: z.enum(["own", "calls", "callers"]).default("own"),
});

/** What was seen of one service when it went wrong, as a test of signatures writes it. What is left out could not be looked at. */
export const observedSchema = z.strictObject({
  logs: z.array(line).max(200).optional().describe("Lines of its log; `before`: also long before the first symptom"),
  alerts: many(z.strictObject({ name, labels: z.record(z.string().max(100), z.string().max(500)).default({}) })),
  exits: z
    .array(z.strictObject({ code: z.number().int().optional(), signal: name.optional(), count }))
    .max(20)
    .optional(),
  metrics: z
    .array(
      z.strictObject({
        name,
        instance: name.default("one"),
        attributes: z.record(z.string().max(100), z.string().max(500)).default({}),
        before: z.array(z.number()).max(200).default([]),
        since: z.array(z.number()).max(200).default([]),
      }),
    )
    .max(100)
    .optional()
    .describe("Values every 15 s, before and since the first symptom"),
  findings: many(findingOf),
  changes: many(
    z.strictObject({
      change: z.enum(["release", "config", "flag", "scale", "infrastructure"]),
      secondsBefore: z.number().min(-3_600).max(86_400).default(30),
    }),
  ),
  instances: z
    .array(
      z.strictObject({
        name: name.optional(),
        alive: z.boolean().default(true),
        healthy: z.boolean().optional(),
        release: name.optional(),
      }),
    )
    .max(50)
    .optional(),
  calls: z
    .array(
      z.strictObject({
        at: z.enum(["made", "answered"]).default("made"),
        status: z.number().int().optional(),
        count,
      }),
    )
    .max(50)
    .optional(),
  callees: many(z.strictObject({ name, is: z.enum(["well", "hurt", "down"]).default("well") })),
});

export type Observed = z.infer<typeof observedSchema>;

/** The recorded case as matching sees it. */
export function observationsOf(seen: Observed, service = "service"): Observations {
  return {
    service,
    nowMs,
    onsetMs,
    ...linesOf(seen),
    alerts: seen.alerts.map((a, i) => ({
      kind: "alert",
      fingerprint: `alert-${i}`,
      status: "firing",
      service,
      environment: "",
      severity: "",
      annotations: {},
      startsAtMs: onsetMs,
      ...a,
    })),
    ...targetOf(seen, service),
    ...metricsOf(seen),
    findings: { own: findingsOf(seen, "own"), calls: findingsOf(seen, "calls"), callers: findingsOf(seen, "callers") },
    changes: seen.changes.map(({ change, secondsBefore }, i) => ({
      kind: "change",
      id: `change-${i}`,
      change,
      service,
      environment: "",
      timeMs: onsetMs - secondsBefore * 1000,
      source: "event",
    })),
    ...callsOf(seen, service),
    callees: seen.callees.map((c) => ({ name: c.name, hurt: c.is === "hurt", down: c.is === "down" })),
  };
}

const linesOf = ({ logs }: Observed): Pick<Observations, "lines"> =>
  logs === undefined
    ? {}
    : {
        lines: logs.map((l) => {
          const { before, ...given } = typeof l === "string" ? { text: l, count: 1, severity: 17, before: false } : l;
          return { ...given, firstMs: onsetMs - (before ? 3_600_000 : 0), lastMs: onsetMs + 60_000 };
        }),
      };

function targetOf({ exits, instances }: Observed, service: string): Pick<Observations, "exits" | "target"> {
  if (exits === undefined && instances === undefined) return {};
  const states = (instances ?? []).map(({ name: given, healthy, release, alive }, i) => ({
    name: given ?? `${service}-${i + 1}`,
    alive,
    ...(healthy === undefined ? {} : { healthy }),
    ...(release === undefined ? {} : { release }),
  }));
  const ended = (exits ?? []).flatMap(({ count: times, code, signal }) =>
    Array.from({ length: Math.min(times, 100) }, () => ({
      service,
      instance: states[0]?.name ?? `${service}-1`,
      atMs: onsetMs,
      ...(code === undefined ? {} : { code }),
      ...(signal === undefined ? {} : { signal }),
    })),
  );
  return { exits: ended, target: { service, atMs: nowMs, instances: states, unreadable: [] } };
}

const metricsOf = ({ metrics }: Observed): Pick<Observations, "metrics"> =>
  metrics === undefined
    ? {}
    : {
        metrics: metrics.map(({ before, since, ...series }) => ({
          ...series,
          points: [
            ...before.map((value, i) => ({ timeMs: onsetMs - (before.length - i) * pointMs, value })),
            ...since.map((value, i) => ({ timeMs: onsetMs + i * pointMs, value })),
          ],
        })),
      };

const findingsOf = ({ findings }: Observed, at: "own" | "calls" | "callers"): Observations["findings"]["own"] =>
  findings
    .filter((f) => f.at === at)
    .map(({ dimension, direction }, i) => ({
      id: `finding-${at}-${i}`,
      service: "service",
      environment: "",
      dimension,
      direction,
      state: "firing",
      expected: null,
      observed: 1,
      unit: "",
      unusualness: 1,
      sinceMs: onsetMs,
      atMs: nowMs,
      agreeing: [],
      telemetry: "sha256:00",
      summary: `${dimension} ${direction} normal`,
    }));

const callsOf = ({ calls }: Observed, service: string): Pick<Observations, "failedCalls"> => {
  if (calls === undefined) return {};
  const of = (at: "made" | "answered") =>
    calls
      .filter((c) => c.at === at)
      .map(({ count: times, status }) => ({
        ...(at === "made" ? { from: service, to: "other" } : { from: "other", to: service }),
        ...(status === undefined ? {} : { status }),
        count: times,
        lastMs: onsetMs,
      }));
  return { failedCalls: { made: of("made"), answered: of("answered") } };
};
