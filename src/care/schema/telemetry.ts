import { z } from "zod";
import type { TelemetrySettings } from "../../ports/config.ts";
import { durationField, hint, urlField } from "./fields.ts";

const share = z
  .number()
  .min(0)
  .max(1)
  .meta({ ...hint("a share from 0 to 1", "write it like `0.05`") });

/** Telemetry waits in memory for as long before it is thinned, so this has a bound of its own. */
const aroundField = durationField.refine((ms) => ms <= 15 * 60_000, "must be at most 15m");

/** The least that is worth keeping an archive for. */
const bytesMin = 10_000_000;

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/);
const secretRef = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/)
  .meta({
    description: "Where the value is: an environment variable or a file; never the value itself",
    ...hint("`env:NAME` or `file:PATH`", "put the value into the environment or a file and name it here"),
  });

export const telemetryField = z.strictObject({
  retention: z
    .strictObject({
      thinned: durationField.prefault("30d").describe("How long sampled and rolled-up telemetry is kept"),
      whole: durationField.prefault("90d").describe("How long the telemetry around incidents is kept"),
    })
    .prefault({}),
  bytesMax: z
    .number()
    .int()
    .min(bytesMin)
    .max(Number.MAX_SAFE_INTEGER)
    .default(10_000_000_000)
    .describe("Bytes of files at most; the oldest go first"),
  share: z
    .strictObject({
      tier1: share.default(0.2),
      tier2: share.default(0.1),
      tier3: share.default(0.05),
      tier4: share.default(0.01),
    })
    .prefault({})
    .describe("Share of traces kept of healthy services, by tier"),
  around: z
    .strictObject({ before: aroundField.prefault("5m"), after: aroundField.prefault("5m") })
    .prefault({})
    .describe("How long before an incident opened and after it ended telemetry is kept whole"),
  forward: z
    .strictObject({
      endpoint: urlField.describe("Base URL of an OTLP/HTTP receiver; `/v1/traces` and so on are added"),
      headers: z.record(headerName, secretRef).default({}),
    })
    .optional()
    .describe("An OTLP backend that all telemetry is sent on to"),
});

export function toTelemetry(spec: z.infer<typeof telemetryField>): TelemetrySettings {
  const { retention, bytesMax, share: by, around, forward } = spec;
  return {
    keeping: {
      shares: { 1: by.tier1, 2: by.tier2, 3: by.tier3, 4: by.tier4 },
      beforeMs: around.before,
      afterMs: around.after,
    },
    retention: { thinnedMs: retention.thinned, wholeMs: retention.whole, bytesMax },
    ...(forward ? { forward } : {}),
  };
}
