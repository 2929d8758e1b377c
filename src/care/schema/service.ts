import { resolve } from "node:path";
import { z } from "zod";
import type { Scrape, ScrapeTarget, Service, ServiceMetric } from "../../loop/signal/service.ts";
import {
  authField,
  authOf,
  hint,
  documentOf,
  durationField,
  nameField,
  pathField,
  queryField,
  textField,
  urlField,
  type Metadata,
} from "./fields.ts";

const instance = z.strictObject({
  name: nameField,
  pidFile: pathField.describe("Holds the process id as text, written by whoever starts the process"),
  healthUrl: urlField.optional().describe("Answers 2xx when the instance is well"),
  stopTimeout: durationField.prefault("10s").describe("SIGTERM, then SIGKILL after this long"),
  startTimeout: durationField.prefault("30s").describe("How long a new life may take until it is healthy"),
  scratch: pathField.optional().describe("A disposable directory a restart may move aside, never delete"),
});

const release = z.strictObject({
  directory: pathField.describe("Holds one directory per release"),
  link: pathField.describe("The link that says which release runs"),
  manifest: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/)
    .default("release.json")
    .describe('File in each release: JSON {"compatible": boolean} says whether going back to it is allowed'),
});

const flags = z.strictObject({
  file: pathField.describe("A flag file in flagd's format"),
  flags: z
    .array(z.string().min(1).max(256))
    .max(500)
    .default([])
    .describe("Flags Homeostat may turn; none unless named"),
});

const synthetic = z.strictObject({
  name: nameField,
  method: z.enum(["GET", "POST"]).default("GET"),
  url: urlField,
  body: z.string().max(65_536).optional(),
  expectStatus: z.number().int().min(100).max(599).default(200),
  max: durationField.prefault("2s").describe("Slower than this is a failure"),
});

const endpoint = z.strictObject({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  url: urlField,
  honoursKey: z.boolean().default(false).describe("The other side honours an Idempotency-Key header"),
});

const metric = z.strictObject({
  name: nameField,
  query: queryField.describe(
    "PromQL; ${service.…} within quotes stands for a field declared here: name, environment, telemetryName, owner, tier, labels",
  ),
  unit: textField(40).describe("For people: s, items, %"),
  direction: z.enum(["higher", "lower", "both"]).default("higher").describe("Which way is worse"),
  dimension: z.enum(["latency", "errors", "traffic", "saturation", "queue", "dependency"]),
});

const scrape = z.strictObject({
  interval: durationField
    .prefault("5s")
    .refine((ms) => ms >= 1_000, "must be at least 1s")
    .describe("At least 1s; 5s fills every interval that gates look at"),
  path: z
    .string()
    .regex(/^\/(?![/\\])[^\s#]*$/)
    .max(1_024)
    .default("/metrics")
    .meta({ ...hint("a path like `/metrics`", "begin it with one `/`") }),
  port: z.number().int().min(1).max(65_535).optional().describe("Where another port than the health check's has them"),
  urls: z
    .array(urlField)
    .max(200)
    .default([])
    .describe("Whole addresses, instead of those of the instances' health checks with `path` and `port`"),
  auth: authField.optional(),
});

export const serviceDocument = documentOf(
  "Service",
  z.strictObject({
    environment: nameField,
    owner: textField(100).describe("The team or person who answers for it"),
    tier: z.literal([1, 2, 3, 4]).default(3).describe("1 is mission-critical, 4 the least"),
    labels: z.record(z.string().max(253), z.string().max(1_000)).default({}),
    dependsOn: z.array(nameField).max(200).default([]),
    telemetryName: textField(200).optional().describe("service.name in telemetry; metadata.name unless told otherwise"),
    emitsTelemetry: z
      .boolean()
      .default(true)
      .describe("false for what sends none of its own: its silence is no finding"),
    instances: z.array(instance).max(200).default([]),
    minHealthy: z.number().int().min(0).max(200).optional().describe("1; 0 for a service with one instance or none"),
    release: release.optional(),
    config: z
      .array(z.strictObject({ name: nameField, file: pathField }))
      .max(50)
      .default([]),
    flags: flags.optional(),
    synthetics: z.array(synthetic).max(20).default([]),
    endpoints: z
      .array(endpoint)
      .max(50)
      .default([])
      .describe("HTTP requests runbooks may send, exactly as written here"),
    metrics: z
      .array(metric)
      .max(20)
      .default([])
      .describe("Metrics in the Prometheus of its environment, read as evidence when something is wrong"),
    scrape: scrape
      .optional()
      .describe("Asks its instances for metrics in Prometheus' text format, where no server and no OTLP brings them"),
  }),
);

type Spec = z.infer<typeof serviceDocument>["spec"];

/** Where a service's metrics are exposed; a whole address that leads to an instance goes by that instance's name. */
export function toScrape(
  { instances }: Pick<Spec, "instances">,
  { interval, path, port, urls, auth }: z.infer<typeof scrape>,
): Scrape {
  const hosts = instances.flatMap(({ name, healthUrl }) => (healthUrl ? [{ name, url: new URL(healthUrl) }] : []));
  const named = (url: string): ScrapeTarget => {
    const { host } = new URL(url);
    return { url, instance: hosts.find((h) => h.url.host === host)?.name ?? host };
  };
  const beside = hosts.map(({ name, url }) => {
    const at = new URL(path, url.origin);
    if (port !== undefined) at.port = String(port);
    return { instance: name, url: at.href };
  });
  const targets = urls.length > 0 ? urls.map(named) : beside;
  return { targets, intervalMs: interval, ...(auth ? { auth: authOf(auth) } : {}) };
}

/** The declared service, with its metrics' queries as they were filled. Relative paths count from `folder`. */
export function toService(
  metadata: Metadata,
  spec: Spec,
  folder: string,
  metrics: readonly ServiceMetric[] = [],
): Service {
  const at = (path: string) => resolve(folder, path);
  const {
    telemetryName,
    minHealthy,
    release: kept,
    flags: turned,
    metrics: _templates,
    scrape: scraped,
    ...rest
  } = spec;
  return {
    ...rest,
    ...(metrics.length > 0 ? { metrics } : {}),
    ...(scraped ? { scrape: toScrape(spec, scraped) } : {}),
    name: metadata.name,
    telemetryName: telemetryName ?? metadata.name,
    minHealthy: minHealthy ?? (spec.instances.length > 1 ? 1 : 0),
    instances: spec.instances.map(({ healthUrl, stopTimeout, startTimeout, scratch, ...i }) => ({
      ...i,
      pidFile: at(i.pidFile),
      ...(healthUrl === undefined ? {} : { healthUrl }),
      stopTimeoutMs: stopTimeout,
      startTimeoutMs: startTimeout,
      ...(scratch === undefined ? {} : { scratch: at(scratch) }),
    })),
    ...(kept ? { release: { ...kept, directory: at(kept.directory), link: at(kept.link) } } : {}),
    config: spec.config.map((c) => ({ ...c, file: at(c.file) })),
    ...(turned ? { flags: { ...turned, file: at(turned.file) } } : {}),
    synthetics: spec.synthetics.map(({ max, body, ...s }) => ({
      ...s,
      maxMs: max,
      ...(body === undefined ? {} : { body }),
    })),
  };
}
