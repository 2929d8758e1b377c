import {
  Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  status,
  type sendUnaryData,
  type ServerInterceptor,
  type ServerUnaryCall,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { AdapterError } from "../../ports/adapter-error.ts";
import type { BearerAuth } from "../auth.ts";
import { cleanText } from "./clean-text.ts";
import { refusalCounter } from "./count-refusals.ts";
import { bodyLimits } from "./http-body.ts";
import { Malformed } from "./otlp/malformed.ts";
import { exportResponse, retryDetails, type OtlpSignal } from "./otlp/responses.ts";
import type { ReceiverOptions } from "./receiver.ts";
import { takeOtlp } from "./take-otlp.ts";

const services: Readonly<Record<OtlpSignal, string>> = {
  traces: "opentelemetry.proto.collector.trace.v1.TraceService",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
  logs: "opentelemetry.proto.collector.logs.v1.LogsService",
};
const asIs = (bytes: Buffer): Buffer => bytes;

/** One `Export` method whose messages stay bytes: our own decoder reads them. */
const serviceOf = (name: string): ServiceDefinition => ({
  export: {
    path: `/${name}/Export`,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
});

export interface OtlpGrpc {
  /** Resolves with the port; rejects with AdapterError when it cannot listen there. */
  listen(host: string, port: number): Promise<number>;
  /** Lets calls that are under way end, for two seconds at most. */
  close(): Promise<void>;
}

/**
 * OTLP over gRPC: the three `Export` services of OpenTelemetry's collector protocol, with gzip and partial success. Tokens
 * come as `authorization` metadata and are checked before a message is read. Pushing back answers UNAVAILABLE with
 * RetryInfo, as OTLP has it; what can never be taken INVALID_ARGUMENT. Limits are those of OTLP/HTTP, a message counted unpacked.
 */
export function createOtlpGrpc(options: ReceiverOptions): OtlpGrpc {
  const limits = { ...bodyLimits, ...options.limits };
  const server = new Server({
    "grpc.max_receive_message_length": limits.plainBytesMax,
    "grpc.max_concurrent_streams": limits.atOnceMax,
    interceptors: [guard(options.auth, limits, options.count)],
  });
  const clean = cleanText(options.redactor);
  for (const signal of ["traces", "metrics", "logs"] as const)
    server.addService(serviceOf(services[signal]), {
      export: ({ request }: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
        try {
          const taken = takeOtlp(signal, "protobuf", request, clean, options);
          if ("refused" in taken) answer(refusal(status.UNAVAILABLE, taken.refused));
          else answer(null, exportResponse(signal, "protobuf", taken.rejected, taken.why));
        } catch (error) {
          const bad = error instanceof Malformed;
          answer(bad ? { code: status.INVALID_ARGUMENT, details: error.message } : untaken);
        }
      },
    });
  return { listen: (host, port) => listen(server, host, port), close: () => close(server) };
}

interface Limits {
  readonly atOnceMax: number;
  readonly timeoutMs: number;
}

/** Lets in who may send, a bounded number of calls at a time, each for a bounded time (I11). */
function guard(auth: BearerAuth, { atOnceMax, timeoutMs }: Limits, count: ReceiverOptions["count"]): ServerInterceptor {
  let atOnce = 0;
  return (_method, call) => {
    let ended = false;
    const late = setTimeout(() => refuse(status.DEADLINE_EXCEEDED, "the message took too long"), timeoutMs);
    late.unref();
    const end = (): void => {
      if (!ended) atOnce -= 1;
      ended = true;
      clearTimeout(late);
    };
    const refuse = (code: status, details: string): void => call.sendStatus(refusal(code, details));
    atOnce += 1;
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            if (atOnce > atOnceMax) return refuse(status.UNAVAILABLE, "too many requests at once: try again in 1 s");
            admit(auth, metadata).then(
              (refused) => (refused ? refuse(refused.code, refused.details) : pass(metadata)),
              () => refuse(status.UNAVAILABLE, "cannot check the token because the database does not answer"),
            );
          },
          onReceiveHalfClose: (pass) => {
            clearTimeout(late);
            pass();
          },
          onCancel: end,
        }),
      sendStatus: (said, next) => {
        end();
        const counter = refusalCounter(httpStatusOf[said.code] ?? 0);
        if (counter) count?.(counter, 1);
        next(said);
      },
    });
  };
}

/** What a refusal would be over HTTP. */
const httpStatusOf: Readonly<Partial<Record<status, number>>> = {
  [status.UNAUTHENTICATED]: 401,
  [status.PERMISSION_DENIED]: 403,
  [status.INVALID_ARGUMENT]: 400,
  [status.RESOURCE_EXHAUSTED]: 413,
  [status.UNAVAILABLE]: 503,
  [status.DEADLINE_EXCEEDED]: 503,
  [status.INTERNAL]: 500,
};

interface Refused {
  readonly code: status;
  readonly details: string;
}

async function admit(auth: BearerAuth, metadata: Metadata): Promise<Refused | undefined> {
  const authorization = metadata.get("authorization")[0]?.toString();
  const caller = await auth.authenticate({ headers: { authorization } });
  if (!caller)
    return { code: status.UNAUTHENTICATED, details: "no valid bearer token: send `authorization: Bearer hs_…`" };
  return caller.scopes.includes("ingest")
    ? undefined
    : { code: status.PERMISSION_DENIED, details: "this token lacks the scope `ingest`: use one that has it" };
}

/** With RetryInfo where another try may help. */
function refusal(code: status, details: string): { code: status; details: string; metadata?: Metadata } {
  if (code !== status.UNAVAILABLE) return { code, details };
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", retryDetails(code, details, 1));
  return { code, details, metadata };
}

/** What went wrong inside is not for strangers. */
const untaken = { code: status.UNAVAILABLE, details: "the request could not be taken: try again later" };

function listen(server: Server, host: string, port: number): Promise<number> {
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) =>
    server.bindAsync(at, ServerCredentials.createInsecure(), (error, bound) => {
      if (!error) return resolve(bound);
      const taken = error.message.includes("EADDRINUSE") ? "the port is in use" : error.message;
      return reject(new AdapterError("unavailable", `cannot listen for OTLP over gRPC on \`${at}\`: ${taken}`));
    }),
  );
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.forceShutdown(), 2_000);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
