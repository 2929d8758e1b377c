import type { Tracer } from "../../../ports/tracer.ts";
import type { OtlpTracerOptions } from "./otlp-tracer.ts";

const endpoints = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] as const;

const off: Tracer = { emit: () => undefined, counters: () => ({ sent: 0, failed: 0 }), close: () => Promise.resolve() };

/**
 * The tracer the environment asks for; one that sends nothing when no endpoint is named or `OTEL_SDK_DISABLED` is `true`.
 * There is no default endpoint on purpose: OpenTelemetry's is the port Homeostat itself listens on, and it must not
 * watch itself unasked. The SDK is loaded only when it is needed.
 */
export async function tracerFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  options: OtlpTracerOptions,
): Promise<Tracer> {
  const wanted = endpoints.some((name) => (env[name] ?? "").trim() !== "");
  if (!wanted || env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return off;
  const { createOtlpTracer } = await import("./otlp-tracer.ts");
  return createOtlpTracer(options);
}
