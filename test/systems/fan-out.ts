import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** Passes telemetry on to every controller there is, as a collector in front of them would. */
export interface FanOut {
  /** Base URLs of the OTLP receivers, from now on. */
  to(urls: readonly string[]): void;
  stop(): Promise<void>;
}

/** The first answer that is good is the sender's; a receiver that is gone or paused holds nobody up. */
export async function startFanOut(port: number): Promise<FanOut> {
  let targets: readonly string[] = [];
  const server = createServer((request, response) => void answer(request, response, targets));
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    to: (urls) => void (targets = [...urls]),
    async stop() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, targets: readonly string[]): Promise<void> {
  const body = await bodyOf(request);
  const good = await Promise.any(targets.map((target) => pass(request, target, body))).catch(() => undefined);
  response.writeHead(good?.status ?? 503, { "content-type": good?.type ?? "text/plain" });
  response.end(good?.body ?? "");
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const passedOn = ["authorization", "content-type", "content-encoding"] as const;

async function pass(request: IncomingMessage, target: string, body: Buffer) {
  const headers = passedOn.flatMap((name) => {
    const value = request.headers[name];
    return value === undefined ? [] : ([[name, value]] as [string, string][]);
  });
  const url = new URL(request.url ?? "/", target);
  const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(3_000) });
  if (!response.ok) throw new Error(`${target} answered ${response.status}`);
  const type = response.headers.get("content-type") ?? "text/plain";
  return { status: response.status, type, body: Buffer.from(await response.arrayBuffer()) };
}
