import type { DecodeContext, Decoded } from "./batch.ts";
import { decodeLogsJson, decodeMetricsJson, decodeTracesJson } from "./decode-json.ts";
import { decodeLogs } from "./decode-logs.ts";
import { decodeMetrics } from "./decode-metrics.ts";
import { decodeTraces } from "./decode-traces.ts";
import type { OtlpEncoding, OtlpSignal } from "./responses.ts";

const decoders = {
  protobuf: { traces: decodeTraces, metrics: decodeMetrics, logs: decodeLogs },
  json: { traces: decodeTracesJson, metrics: decodeMetricsJson, logs: decodeLogsJson },
};

/** Decodes one OTLP export request as a whole. Throws Malformed when it is not one; then nothing of it counts. */
export const decodeOtlp = (signal: OtlpSignal, encoding: OtlpEncoding, body: Buffer, context: DecodeContext): Decoded =>
  decoders[encoding][signal](body, context);
