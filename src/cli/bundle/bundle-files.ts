import { z } from "zod";
import { isTime, timeOf } from "../csv/time-of.ts";

const name = z.string().min(1).max(300);
const maybe = name.nullish().transform((value) => value ?? undefined);
const time = z.union([z.number(), z.string()]).transform((value, context) => {
  const ms = typeof value === "number" ? value : timeOf(value);
  if (isTime(ms)) return ms;
  context.addIssue({ code: "custom", message: `\`${value}\` is no time: give ISO 8601 or milliseconds since 1970` });
  return z.NEVER;
});

export const spanSchema = z
  .object({
    traceId: name,
    spanId: name,
    parentId: maybe,
    place: name,
    operation: name,
    startMs: time,
    endMs: time,
  })
  .refine((s) => s.endMs >= s.startMs, { path: ["endMs"], message: "it ends before it starts" });
export const logSchema = z.object({ place: name, timeMs: time, line: z.string(), spanId: maybe });
export const changeSchema = z.object({ place: name, timeMs: time, text: z.string() });
export const incidentSchema = z.object({
  from: time.optional(),
  to: time.optional(),
  symptoms: z
    .array(z.object({ place: name, dimension: maybe }))
    .max(1_000)
    .default([]),
});

/** The files a bundle may have. */
export const bundleFiles = [
  "metrics.csv",
  "calls.csv",
  "spans.jsonl",
  "logs.jsonl",
  "changes.jsonl",
  "incident.json",
] as const;
