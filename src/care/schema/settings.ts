import { z } from "zod";
import { defaultRestraints } from "../../loop/decision/restraints.ts";
import type { Settings } from "../../ports/config.ts";
import { authField, authOf, documentOf, durationField, hint, nameField, textField, urlField } from "./fields.ts";
import { telemetryField, toTelemetry } from "./telemetry.ts";

const { rate, cooldownMs, concurrencyMax, blastRadiusMax, stormAt, breaker } = defaultRestraints;
const count = z.number().int().min(0).max(1_000);

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .meta({ ...hint("a time like `2026-12-24T18:00:00Z`", "write date, time and zone, in quotes") });

const freeze = z
  .strictObject({
    from: instant,
    to: instant,
    environments: z.array(nameField).default([]).describe("Frozen environments; none named means all"),
    reason: textField(300),
  })
  .refine((f) => f.to > f.from, { path: ["to"], message: "must be later than `from`" });

const restraints = z.strictObject({
  rate: z
    .strictObject({
      perService: count.default(rate.perService),
      perRunbook: count.default(rate.perRunbook),
      perEnvironment: count.default(rate.perEnvironment),
      window: durationField.optional(),
    })
    .prefault({}),
  cooldown: durationField.optional(),
  concurrencyMax: count.default(concurrencyMax),
  blastRadiusMax: z.number().min(0).max(1).default(blastRadiusMax),
  freezes: z.array(freeze).max(100).default([]),
  stormAt: count.min(1).default(stormAt),
  breaker: z
    .strictObject({ failures: count.min(1).default(breaker.failures), window: durationField.optional() })
    .prefault({}),
});

const prometheus = z.strictObject({
  url: urlField.describe("Where its web page is; TLS as the URL says, and no redirect is followed"),
  environments: z.array(nameField).max(100).default([]).describe("None named: all that no other server names"),
  auth: authField.optional(),
  maxAge: durationField
    .prefault("1m")
    .describe("A newest sample older than this is missing; longer than the interval between its scrapes"),
});

/** Every environment has one server at most, so that it is clear who is asked. */
const servers = z
  .array(prometheus)
  .max(20)
  .default([])
  .superRefine((all, context) => {
    const seen = new Set<string>();
    for (const [i, { environments }] of all.entries())
      for (const name of environments.length > 0 ? environments : [""]) {
        const message = name === "" ? "a second server names no environment" : `\`${name}\` has another server already`;
        if (seen.has(name)) context.addIssue({ code: "custom", path: [i, "environments"], message });
        seen.add(name);
      }
  });

export const settingsDocument = documentOf(
  "Settings",
  z.strictObject({
    restraints: restraints.prefault({}),
    heartbeat: z
      .strictObject({ url: urlField, interval: durationField.prefault("1m") })
      .optional()
      .describe("A URL called while Homeostat is well, for a dead-man switch elsewhere"),
    incidents: z
      .strictObject({ confirm: durationField.prefault("10s"), quiet: durationField.prefault("1m") })
      .prefault({}),
    commands: z
      .array(
        z
          .string()
          .regex(/^\/[^\0]*[^/\0]$/)
          .refine((path) => !path.split("/").includes(".."), "leads upwards")
          .meta({ ...hint("an absolute path", "write the whole path of the binary") }),
      )
      .max(50)
      .default([])
      .describe("Binaries command.run may run"),
    approvalExpiresIn: durationField.prefault("1h"),
    knownGoodAfter: durationField
      .prefault("10m")
      .describe("A target that was well and unchanged this long is known to be good"),
    attemptsMax: z.number().int().min(1).max(10).default(3),
    prometheus: servers.describe("Prometheus servers that others fill, asked for evidence and by gates"),
    telemetry: telemetryField.prefault({}),
  }),
);

type Spec = z.infer<typeof settingsDocument>["spec"];

export function toSettings(spec: Spec): Settings {
  const { restraints: given, heartbeat } = spec;
  return {
    restraints: {
      rate: {
        perService: given.rate.perService,
        perRunbook: given.rate.perRunbook,
        perEnvironment: given.rate.perEnvironment,
        windowMs: given.rate.window ?? rate.windowMs,
      },
      cooldownMs: given.cooldown ?? cooldownMs,
      concurrencyMax: given.concurrencyMax,
      blastRadiusMax: given.blastRadiusMax,
      freezes: given.freezes.map(({ from, to, ...f }) => ({ ...f, fromMs: from, toMs: to })),
      stormAt: given.stormAt,
      breaker: { failures: given.breaker.failures, windowMs: given.breaker.window ?? breaker.windowMs },
    },
    ...(heartbeat ? { heartbeat: { url: heartbeat.url, intervalMs: heartbeat.interval } } : {}),
    incidents: { confirmMs: spec.incidents.confirm, quietMs: spec.incidents.quiet },
    commands: spec.commands,
    approvalExpiresInMs: spec.approvalExpiresIn,
    knownGoodAfterMs: spec.knownGoodAfter,
    attemptsMax: spec.attemptsMax,
    prometheus: spec.prometheus.map(({ url, environments, auth, maxAge }) => ({
      url,
      environments,
      ...(auth ? { auth: authOf(auth) } : {}),
      maxAgeMs: maxAge,
    })),
    telemetry: toTelemetry(spec.telemetry),
  };
}
