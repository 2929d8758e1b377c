import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from "@opentelemetry/api";
import type { Behave } from "./behave.ts";
import { countRequests, type RequestCounts } from "./request-counts.ts";
import { matchRoute, type Route, type RouteMatch, type ShopFloor } from "./shop-floor.ts";
import type { Telemetry } from "./telemetry.ts";
import { UpstreamError } from "./upstream.ts";

export interface Serving {
  readonly routes: readonly Route[];
  readonly floor: ShopFloor;
  readonly behave: Behave;
  readonly telemetry: Telemetry;
  /** `"ready"`, or why requests are turned away: `"draining"` still serves, anything else answers 503. */
  readonly state: () => string;
  readonly about: Readonly<Record<string, string>>;
}

/** The HTTP server of one instance. */
export function serverOf(serving: Serving): Server {
  const counts = countRequests();
  return createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (path === "/healthz") return reply(response, 200, { status: "ok", ...serving.about });
    if (path === "/readyz") return ready(response, serving);
    if (path === "/metrics") return replyText(response, counts.text(), "text/plain; version=0.0.4; charset=utf-8");
    const match = matchRoute(serving.routes, request.method ?? "GET", path);
    if (match === undefined) return reply(response, 404, { error: "no such page" });
    void serve(request, response, match, serving, counts);
  });
}

function ready(response: ServerResponse, serving: Serving): void {
  const state = serving.state();
  reply(response, state === "ready" ? 200 : 503, { status: state });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  match: RouteMatch,
  serving: Serving,
  counts: RequestCounts,
): Promise<void> {
  const { telemetry } = serving;
  const startedMs = performance.now();
  const { method, pattern } = match.route;
  const parent = propagation.extract(context.active(), request.headers);
  const span = telemetry.tracer.startSpan(
    `${method} ${pattern}`,
    {
      kind: SpanKind.SERVER,
      attributes: { "http.request.method": method, "http.route": pattern, "url.path": request.url ?? "/" },
    },
    parent,
  );
  await context.with(trace.setSpan(parent, span), async () => {
    const { status, body } = await answerOf(request, match, serving, span);
    if (serving.state() === "draining") response.setHeader("connection", "close");
    reply(response, status, body);
    counts.add(status);
    span.setAttribute("http.response.status_code", status);
    span.end();
    telemetry.serverDuration.record((performance.now() - startedMs) / 1000, {
      "http.request.method": method,
      "http.route": pattern,
      "http.response.status_code": status,
    });
  });
}

/** The answer, or 502 for a neighbour's fault, 503 for not ready, 500 for one's own. */
async function answerOf(
  request: IncomingMessage,
  match: RouteMatch,
  serving: Serving,
  span: Span,
): Promise<{ status: number; body: unknown }> {
  const { route, params } = match;
  const fail = (status: number, why: string) => {
    span.setStatus({ code: SpanStatusCode.ERROR, message: why });
    serving.telemetry.error(`${route.method} ${route.pattern} failed: ${why}`);
    return { status, body: { error: why } };
  };
  try {
    const sent = await bodyOf(request);
    const state = serving.state();
    if (state !== "ready" && state !== "draining") return fail(503, state);
    const body = await serving.behave(route.pattern, () => route.answer({ params, body: sent }, serving.floor));
    return { status: 200, body };
  } catch (error) {
    return fail(error instanceof UpstreamError ? 502 : 500, error instanceof Error ? error.message : String(error));
  }
}

const bodyMaxBytes = 65_536;

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const part of request) {
    text += String(part);
    if (text.length > bodyMaxBytes) throw new Error(`request body larger than ${bodyMaxBytes} bytes`);
  }
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  replyText(response, JSON.stringify(body ?? null), "application/json", status);
}

function replyText(response: ServerResponse, text: string, type: string, status = 200): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
