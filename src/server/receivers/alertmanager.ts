import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { HttpRefusal } from "../auth.ts";
import type { AlertSignal } from "../../loop/signal/signal.ts";
import { boundedTime, type BoundedTime } from "./bounded-time.ts";
import { cleanText, textMax, type CleanText } from "./clean-text.ts";
import { parseJson, prepareControl, readAs, takeControl } from "./control-routes.ts";
import type { ReceiverOptions } from "./receiver.ts";

const alertsMax = 10_000;
const labelsMax = 128;

/** Its text is part of the id of an alert, which has to stay short. */
const timeText = z.iso.datetime({ offset: true }).max(40);
const labels = z
  .record(z.string(), z.string())
  .refine((all) => Object.keys(all).length <= labelsMax, `at most ${labelsMax} of them`);

/** The webhook payload, version 4 (prometheus.io/docs/alerting/latest/configuration/#webhook_config). Unknown members are ignored: newer versions add some. */
const notificationSchema = z.object({
  version: z.literal("4"),
  groupKey: z.string(),
  truncatedAlerts: z.int().min(0).default(0),
  status: z.enum(["firing", "resolved"]),
  alerts: z
    .array(
      z.object({
        status: z.enum(["firing", "resolved"]),
        labels,
        annotations: labels,
        startsAt: timeText,
        endsAt: timeText.optional(),
        fingerprint: z.string().regex(/^[0-9A-Za-z]{1,64}$/, "expected 1 to 64 letters or digits"),
      }),
    )
    .max(alertsMax),
});

const wanted = "an Alertmanager notification of version 4";

type Alert = z.infer<typeof notificationSchema>["alerts"][number];

/**
 * `POST /v1/alerts/alertmanager`: the Alertmanager webhook, as a Fastify plugin. Answered 200 once every alert is
 * durable; 503 when that fails, so that Alertmanager sends it again. Each state of an alert is one item, so that what is
 * sent again adds nothing. `truncatedAlerts` (alerts Alertmanager left out by its `max_alerts`) is counted and answered.
 */
export function alertmanagerRoute(server: FastifyInstance, options: ReceiverOptions): Promise<void> {
  prepareControl(server, ["application/json"], options);
  const clean = cleanText(options.redactor);
  const onRequest = options.auth.requireScope("ingest");
  server.post("/v1/alerts/alertmanager", { onRequest }, (request) => {
    if (!Buffer.isBuffer(request.body)) throw new HttpRefusal(415, "send `content-type: application/json`");
    const { alerts, truncatedAlerts, groupKey } = readAs(notificationSchema, parseJson(request.body), wanted);
    if (truncatedAlerts > 0) {
      options.count?.("alertmanager_alerts_truncated", truncatedAlerts);
      request.log.warn({ truncatedAlerts, groupKey: clean(groupKey) }, "alertmanager left alerts out");
    }
    const time = boundedTime(options.clock.nowMs(), options.count);
    const items = alerts.map((alert) => ({ id: alertId(alert), signal: alertSignal(alert, clean, time) }));
    return takeControl(items, options, request).then(() => ({ accepted: items.length, truncatedAlerts }));
  });
  return Promise.resolve();
}

/** One id per state of one alert: a firing alert's `endsAt` moves or is zero, so only a resolved one's counts. */
function alertId({ fingerprint, status, startsAt, endsAt }: Alert): string {
  const state = `alert/${fingerprint}/${status}/${startsAt}`;
  return status === "resolved" && endsAt !== undefined ? `${state}/${endsAt}` : state;
}

function alertSignal(alert: Alert, clean: CleanText, time: BoundedTime): AlertSignal {
  const startsAtMs = time.onset(alert.startsAt);
  const own = cleaned(alert.labels, (text) => clean(text, textMax.value), clean);
  return {
    kind: "alert",
    fingerprint: alert.fingerprint,
    name: own["alertname"] ?? "",
    status: alert.status,
    service: first(own, serviceLabels),
    environment: first(own, environmentLabels),
    severity: own["severity"] ?? "",
    labels: own,
    annotations: cleaned(alert.annotations, (text) => clean(text, annotationMax, "lines"), clean),
    startsAtMs,
    ...(alert.status === "resolved" && alert.endsAt !== undefined
      ? { endsAtMs: Math.max(startsAtMs, time.begun(alert.endsAt)) }
      : {}),
  };
}

const annotationMax = 1_024;

/** The first of these labels that is there names the service; `job` last, because it often names only the scrape. */
const serviceLabels = ["service", "service_name", "job"] as const;
const environmentLabels = ["environment", "env", "deployment_environment_name", "deployment_environment"] as const;

const first = (own: Readonly<Record<string, string>>, names: readonly string[]): string =>
  names.map((name) => own[name]).find((text) => text !== undefined && text !== "") ?? "";

const cleaned = (
  texts: Readonly<Record<string, string>>,
  value: (text: string) => string,
  clean: CleanText,
): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [clean(key, textMax.name), value(text)]));
