import { Agent, request as httpRequest, type ClientRequest } from "node:http";
import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from "@opentelemetry/api";
import type { Telemetry } from "./telemetry.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Call {
  readonly peer: string;
  readonly addresses: readonly Address[];
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A call that brought no usable answer. */
export class UpstreamError extends Error {
  readonly peer: string;
  constructor(peer: string, why: string) {
    super(`${peer}: ${why}`);
    this.peer = peer;
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 128, maxFreeSockets: 32 });
const turns = new Map<string, number>();

/**
 * Calls one instance of a service, by turns. Nothing is retried, except that a refused connection (nothing was sent)
 * goes on to the next instance, as any load balancer does. An answer of 500 or above is an UpstreamError too.
 */
export async function callUpstream(telemetry: Telemetry, call: Call): Promise<Answer> {
  const span = telemetry.tracer.startSpan(`${call.method} ${call.peer}`, {
    kind: SpanKind.CLIENT,
    attributes: { "http.request.method": call.method, "peer.service": call.peer, "url.path": call.path },
  });
  try {
    const answer = await inTurn(telemetry, call, span);
    span.setAttribute("http.response.status_code", answer.status);
    if (answer.status >= 500) throw new UpstreamError(call.peer, `answered ${answer.status}`);
    return answer;
  } catch (error) {
    const failure = error instanceof UpstreamError ? error : new UpstreamError(call.peer, String(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    throw failure;
  } finally {
    span.end();
  }
}

async function inTurn(telemetry: Telemetry, call: Call, span: Span): Promise<Answer> {
  const turn = (turns.get(call.peer) ?? 0) + 1;
  turns.set(call.peer, turn);
  const endMs = Date.now() + call.timeoutMs;
  for (let tried = 0; ; tried += 1) {
    const to = call.addresses[(turn + tried) % call.addresses.length];
    if (to === undefined) throw new UpstreamError(call.peer, "has no address");
    span.setAttributes({ "server.address": to.host, "server.port": to.port });
    try {
      return await exchange(call, to, endMs - Date.now(), span);
    } catch (error) {
      if (tried + 1 >= call.addresses.length || !isUnsent(error)) throw error;
      telemetry.warn(`${call.peer} at port ${to.port} refused the connection, using the next instance`);
    }
  }
}

const isUnsent = (error: unknown): boolean => error instanceof UnsentError;

class UnsentError extends Error {}

function exchange(call: Call, to: Address, timeoutMs: number, span: Span): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { "content-type": "application/json" };
    propagation.inject(trace.setSpan(context.active(), span), headers);
    const request = httpRequest({ ...to, agent, method: call.method, path: call.path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("error", (error) => fail(error));
      response.once("end", () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(parts).toString("utf8")) });
      });
    });
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(wasSent(error, request, call) ? error : new UnsentError(error.message));
    };
    const timer = setTimeout(
      () => request.destroy(new UpstreamError(call.peer, `no answer within ${call.timeoutMs} ms`)),
      Math.max(1, timeoutMs),
    );
    request.once("error", fail);
    request.end(call.body === undefined ? undefined : JSON.stringify(call.body));
  });
}

/** A refused connection took nothing; nor did a kept connection that its other end had closed, as far as a GET is concerned. */
function wasSent(error: Error, request: ClientRequest, call: Call): boolean {
  const code = "code" in error ? error.code : "";
  return !(code === "ECONNREFUSED" || (code === "ECONNRESET" && request.reusedSocket && call.method === "GET"));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
