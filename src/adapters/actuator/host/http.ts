import { z } from "zod";
import type { ActionRequest } from "../../../loop/run/run.ts";
import type { HttpEndpoint } from "../../../loop/signal/service.ts";
import type { Actuator } from "../../../ports/actuator.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { codeOf, messageOf, serviceOf, type Host } from "./host.ts";
import { action } from "./parameters.ts";
import { deadline } from "./wait.ts";

const parameters = z.strictObject({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  url: z.url().max(2_048).describe("exactly a URL the service declares in spec.endpoints"),
  body: z.json().optional().describe("sent as JSON"),
});

const call = action(
  "http.call",
  "none",
  "Sends one HTTP request to a declared endpoint. An uncertain outcome parks the run: nothing tells whether it arrived.",
  parameters,
);
const callOnce = action(
  "http.call-once",
  "key",
  "Sends an HTTP request with an `Idempotency-Key` to an endpoint declared to honour it, so that it may be repeated.",
  parameters,
);

/** Largest request body sent (I11). Answers are not read beyond their status: they are untrusted and may hold secrets. */
const bodyBytesMax = 65_536;

/** Calls only what a service declares, letter by letter; follows no redirect. */
export function createHttpActuator(host: Host): Actuator {
  return {
    name: "http",
    actions: [call.spec, callOnce.spec],
    observe: async () => undefined,
    async capture(request) {
      chosen(host, request);
      return null;
    },
    async execute(request, signal) {
      const { endpoint, body } = chosen(host, request);
      const status = await send(endpoint, body, request, signal);
      if (status >= 200 && status < 300)
        return { detail: `${endpoint.method} ${endpoint.url} answered ${status}`, after: { status } };
      throw new AdapterError(`http-${status}`, `\`${endpoint.method} ${endpoint.url}\` answered ${status}`, {
        retryable: request.action === callOnce.spec.name && (status === 429 || status >= 500),
      });
    },
    async probe(request) {
      chosen(host, request);
      return "unknown";
    },
  };
}

function chosen(
  host: Host,
  request: Omit<ActionRequest, "before">,
): { endpoint: HttpEndpoint; body: string | undefined } {
  const service = serviceOf(host, request.service);
  const once = request.action === callOnce.spec.name;
  const { method, url, body } = (once ? callOnce : call).read(request.parameters);
  const endpoint = service.endpoints?.find((e) => e.method === method && e.url === url);
  if (!endpoint)
    throw new AdapterError(
      "undeclared-endpoint",
      `service \`${service.name}\` declares no endpoint \`${method} ${url}\``,
    );
  if (once && !endpoint.honoursKey)
    throw new AdapterError(
      "not-idempotent",
      `endpoint \`${method} ${url}\` is not declared to honour idempotency keys`,
    );
  const text = body === undefined ? undefined : JSON.stringify(body);
  if (text !== undefined && Buffer.byteLength(text) > bodyBytesMax)
    throw new AdapterError("invalid-parameters", `the body has more than ${bodyBytesMax} bytes`);
  return { endpoint, body: text };
}

async function send(endpoint: HttpEndpoint, body: string | undefined, request: ActionRequest, signal: AbortSignal) {
  const headers: Record<string, string> = { "idempotency-key": request.key, "user-agent": "homeostat" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const end = deadline(request.timeoutMs, signal);
  try {
    const response = await fetch(endpoint.url, {
      method: endpoint.method,
      headers,
      redirect: "manual",
      signal: end,
      ...(body === undefined ? {} : { body }),
    });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    if (end.aborted) throw new AdapterError("timeout", `\`${endpoint.url}\` did not answer in time`, { cause: error });
    throw new AdapterError("unreachable", `\`${endpoint.url}\` cannot be reached: ${whyOf(error)}`, { cause: error });
  }
}

/** fetch hides the reason in its cause. */
function whyOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return codeOf(cause) ?? messageOf(cause ?? error);
}
