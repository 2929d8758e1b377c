import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

export interface BenchAlert {
  readonly service: string;
  readonly environment: string;
  readonly name: string;
  readonly fingerprint: string;
}

/** Sends an Alertmanager notification (webhook, version 4) and resolves once it was answered 2xx: durable. */
export type SendAlerts = (alerts: readonly BenchAlert[]) => Promise<void>;

const connectionsMax = 16;
/** A notification that is refused is sent again, as Alertmanager does. */
const triesMax = 30;
const againMs = 1_000;

export interface AlertSender {
  readonly send: SendAlerts;
  /** Notifications refused, or not answered, so far. */
  refused(): number;
  close(): void;
}

export function alertSender(url: string, token: string): AlertSender {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const target = `${url}/v1/alerts/alertmanager`;
  let refused = 0;
  const send = async (alerts: readonly BenchAlert[]): Promise<void> => {
    const body = Buffer.from(JSON.stringify(notification(alerts)));
    for (let tries = 1; (await post(agent, target, headers, body)) !== 200; tries++) {
      refused++;
      if (tries >= triesMax) throw new Error(`\`${target}\` refused the same alerts ${triesMax} times`);
      await pause(againMs);
    }
  };
  return { send, refused: () => refused, close: () => agent.destroy() };
}

/** The status of the answer; 0 when there was none. */
function post(agent: Agent, url: string, headers: Record<string, string>, body: Buffer): Promise<number> {
  return new Promise((resolve) => {
    const options = { agent, method: "POST", headers: { ...headers, "content-length": body.byteLength } };
    const sent = request(url, options, (response) =>
      response.resume().once("end", () => resolve(response.statusCode ?? 0)),
    );
    sent.once("error", () => resolve(0));
    sent.end(body);
  });
}

function notification(alerts: readonly BenchAlert[]): unknown {
  const startsAt = new Date().toISOString();
  return {
    version: "4",
    groupKey: `{}:{alertname="${alerts[0]?.name}"}`,
    truncatedAlerts: 0,
    status: "firing",
    receiver: "homeostat",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://alertmanager.invalid",
    alerts: alerts.map(({ service, environment, name, fingerprint }) => ({
      status: "firing",
      labels: { alertname: name, service, environment, severity: "critical", instance: `${service}-1`, team: "bench" },
      annotations: {
        summary: `${name} for ${service}`,
        description: `More than 5 % of the requests to ${service} failed within the last five minutes.`,
      },
      startsAt,
      endsAt: "0001-01-01T00:00:00Z",
      generatorURL: "http://prometheus.invalid/graph",
      fingerprint,
    })),
  };
}
