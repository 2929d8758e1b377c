import { writeMessage } from "./wire-writer.ts";

export type OtlpSignal = "traces" | "metrics" | "logs";
export type OtlpEncoding = "protobuf" | "json";

export const contentTypes = { protobuf: "application/x-protobuf", json: "application/json" } as const;

const rejectedNames = { traces: "rejectedSpans", metrics: "rejectedDataPoints", logs: "rejectedLogRecords" } as const;

/** An Export…ServiceResponse: empty for full success, else with how many items were not taken and why. */
export function exportResponse(signal: OtlpSignal, encoding: OtlpEncoding, rejected: number, why: string): Buffer {
  if (encoding === "json") {
    const partialSuccess = { [rejectedNames[signal]]: String(rejected), errorMessage: why };
    return Buffer.from(JSON.stringify(rejected === 0 ? {} : { partialSuccess }));
  }
  if (rejected === 0) return Buffer.alloc(0);
  return writeMessage([
    {
      field: 1,
      message: [
        { field: 1, varint: rejected },
        { field: 2, text: why },
      ],
    },
  ]);
}

/** Codes of google.rpc.Code by HTTP status. */
const rpcCodes: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 413: 3, 415: 3, 429: 8, 503: 14 };

/** A google.rpc.Status, which OTLP/HTTP answers with every failure. */
export function statusResponse(encoding: OtlpEncoding, httpStatus: number, message: string): Buffer {
  const code = rpcCodes[httpStatus] ?? 2;
  if (encoding === "json") return Buffer.from(JSON.stringify({ code, message }));
  return writeMessage([
    { field: 1, varint: code },
    { field: 2, text: message },
  ]);
}

/** A google.rpc.Status with a google.rpc.RetryInfo in it: the sender may try again after so many seconds. */
export function retryDetails(code: number, message: string, seconds: number): Buffer {
  return writeMessage([
    { field: 1, varint: code },
    { field: 2, text: message },
    {
      field: 3,
      message: [
        { field: 1, text: "type.googleapis.com/google.rpc.RetryInfo" },
        { field: 2, message: [{ field: 1, message: [{ field: 1, varint: seconds }] }] },
      ],
    },
  ]);
}
