import { createHmac } from "node:crypto";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { NotifierSpec } from "../../../ports/config.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Notification, Notifier } from "../../../ports/notifier.ts";
import { readSecret } from "../../../ports/read-secret.ts";

const timeoutMs = 10_000;

/**
 * Posts notifications as CloudEvents 1.0 in structured JSON, signed as Standard Webhooks has it: header
 * `webhook-signature: v1,<base64 HMAC-SHA256 of "id.timestamp.body">` with `webhook-id` and `webhook-timestamp` (seconds),
 * so that a receiver can refuse forgeries and replays. Unsigned when the spec has no secret.
 */
export const webhookNotifier = (spec: NotifierSpec, clock: Clock): Notifier => ({
  name: spec.name,
  async notify(notification) {
    const body = JSON.stringify(cloudEventOf(notification));
    const headers = await signed(spec, notification.id, body, clock);
    const response = await fetch(spec.url, {
      method: "POST",
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
      headers: { "content-type": "application/cloudevents+json", ...headers },
    }).catch((cause: unknown) => {
      throw new AdapterError(
        "unreachable",
        `notifier ${spec.name}: ${cause instanceof Error ? cause.message : String(cause)}`,
        { retryable: true, cause },
      );
    });
    await response.body?.cancel();
    if (!response.ok)
      throw new AdapterError("refused", `notifier ${spec.name} answered ${response.status}`, {
        retryable: response.status >= 500 || response.status === 429,
      });
  },
});

const cloudEventOf = (n: Notification) => ({
  specversion: "1.0",
  id: n.id,
  source: "homeostat",
  type: `dev.homeostat.${n.type}`,
  time: new Date(n.atMs).toISOString(),
  subject: n.subject,
  datacontenttype: "application/json",
  data: { text: n.text, ...n.data },
});

async function signed(spec: NotifierSpec, id: string, body: string, clock: Clock): Promise<Record<string, string>> {
  if (spec.secretRef === undefined) return {};
  const secret = await readSecret(spec.secretRef);
  const timestamp = String(Math.floor(clock.nowMs() / 1000));
  const signature = createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
