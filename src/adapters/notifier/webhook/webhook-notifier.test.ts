import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { notifierSuite, sampleNotification } from "../../../ports/notifier.testsuite.ts";
import { webhookNotifier } from "./webhook-notifier.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  delete process.env["TEST_WEBHOOK_SECRET"];
});

interface Taken {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function receiver(status: number): Promise<{ url: string; taken: Taken[] }> {
  const taken: Taken[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (status < 300) taken.push({ headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, taken };
}

const clock = { nowMs: () => 1_700_000_001_500 };
const specOf = (url: string, secretRef?: string) => ({
  name: "on-call",
  url,
  events: ["escalation" as const],
  ...(secretRef === undefined ? {} : { secretRef }),
});

describe("webhook notifier", () => {
  notifierSuite(async (behaves) => {
    const { url, taken } = await receiver(behaves === "takes" ? 204 : behaves === "fails" ? 500 : 400);
    const there = behaves === "is-away" ? "http://127.0.0.1:1/hook" : url;
    const took = () => taken.map((t) => (JSON.parse(t.body) as { data: { text: string } }).data.text);
    return { notifier: webhookNotifier(specOf(there), clock), took };
  });

  it("signs id, time and body, so that a receiver can refuse forgeries and replays", async () => {
    process.env["TEST_WEBHOOK_SECRET"] = "s3cret";
    const { url, taken } = await receiver(200);
    await webhookNotifier(specOf(url, "env:TEST_WEBHOOK_SECRET"), clock).notify(sampleNotification);
    const [got] = taken;
    const signed = `${sampleNotification.id}.1700000001.${got?.body}`;
    expect(got?.headers["webhook-signature"]).toBe(
      `v1,${createHmac("sha256", "s3cret").update(signed).digest("base64")}`,
    );
    expect(got?.headers["webhook-id"]).toBe(sampleNotification.id);
  });

  it("is a CloudEvent that anybody can read", async () => {
    const { url, taken } = await receiver(200);
    await webhookNotifier(specOf(url), clock).notify(sampleNotification);
    expect(JSON.parse(taken[0]?.body ?? "{}")).toMatchObject({
      specversion: "1.0",
      id: "inc-1/escalated",
      type: "dev.homeostat.escalation",
      subject: "inc-1",
      data: { severity: 1 },
    });
  });

  it("sends nothing unsigned when the secret it should sign with is missing", async () => {
    const { url, taken } = await receiver(200);
    await expect(webhookNotifier(specOf(url, "env:TEST_NOT_SET"), clock).notify(sampleNotification)).rejects.toThrow(
      "env:TEST_NOT_SET",
    );
    expect(taken).toEqual([]);
  });
});
