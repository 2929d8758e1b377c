import type { Identity, SpanSignal } from "../../../loop/signal/signal.ts";
import { textMax, type CleanText } from "../clean-text.ts";
import { rejection, type Rejection } from "./batch.ts";
import { wholeMs } from "./nanos.ts";
import { sentOn } from "./identity.ts";

/** A span while it is read, in either encoding. Reused from span to span. */
export class SpanDraft {
  /** Lower-case hex of 16 and 8 bytes; empty when missing or of another length. */
  traceId = "";
  spanId = "";
  parentSpanId = "";
  name = "";
  /** The number of the SpanKind enum. */
  kind = 0;
  startNanos = 0;
  endNanos = 0;
  /** The number of the StatusCode enum; 2 is an error. */
  status = 0;
  /** Text of the attributes in `spanKeys`. */
  readonly attributes = new Map<string, string>();

  reset(): void {
    this.traceId = this.spanId = this.parentSpanId = this.name = "";
    this.kind = this.startNanos = this.endNanos = this.status = 0;
    if (this.attributes.size > 0) this.attributes.clear();
  }
}

const statusKeys = [
  "http.response.status_code",
  "http.status_code",
  "rpc.grpc.status_code",
  "rpc.response.status_code",
];
const peerKeys = ["rpc.service", "db.system.name", "db.system", "messaging.destination.name", "messaging.system"];

/** Span attributes that are read; all others are passed over. */
export const spanKeys: ReadonlySet<string> = new Set([
  "peer.service",
  "server.address",
  "server.port",
  "net.peer.name",
  "net.peer.port",
  ...peerKeys,
  ...statusKeys,
]);

const kinds = ["internal", "internal", "server", "client", "producer", "consumer"] as const;

const noIds = rejection("a trace id or span id that is missing or malformed");
const noTime = rejection("no start or end time");

/** The span as a signal. A server span is also an error when its HTTP status is 500 or more. */
export function spanSignal(draft: SpanDraft, who: Identity, clean: CleanText): SpanSignal | Rejection {
  if (!isId(draft.traceId) || !isId(draft.spanId)) return noIds;
  if (!(draft.startNanos > 0 && draft.endNanos > 0)) return noTime;
  const spanKind = kinds[draft.kind] ?? "internal";
  const { attributes } = draft;
  const statusCode = statusCodeOf(attributes);
  const signal: SpanSignal = {
    kind: "span",
    service: who.service,
    environment: who.environment,
    instance: who.instance,
    version: who.version,
    traceId: draft.traceId,
    spanId: draft.spanId,
    parentSpanId: isId(draft.parentSpanId) ? draft.parentSpanId : undefined,
    name: clean(draft.name, textMax.name),
    spanKind,
    startMs: wholeMs(draft.startNanos),
    durationMs: Math.max(0, Math.round((draft.endNanos - draft.startNanos) / 1e3) / 1e3),
    error: draft.status === 2 || (spanKind === "server" && isHttpServerError(attributes, statusCode)),
    peer: spanKind === "client" || spanKind === "producer" ? peerOf(attributes, clean) : undefined,
    statusCode,
  };
  return sentOn(signal, who);
}

/** All zeros are no id (W3C Trace Context). */
const isId = (hex: string): boolean =>
  hex !== "" && hex !== "0000000000000000" && hex !== "00000000000000000000000000000000";

function statusCodeOf(attributes: ReadonlyMap<string, string>): number | undefined {
  if (attributes.size === 0) return undefined;
  for (const key of statusKeys) {
    const text = attributes.get(key);
    if (text !== undefined && /^\d{1,3}$/.test(text)) return Number(text);
  }
  return undefined;
}

const isHttpServerError = (attributes: ReadonlyMap<string, string>, statusCode: number | undefined): boolean =>
  statusCode !== undefined &&
  statusCode >= 500 &&
  (attributes.has("http.response.status_code") || attributes.has("http.status_code"));

/**
 * Whom a client or producer span calls: `peer.service`; else `server.address` (or the older `net.peer.name`), with its port
 * where the address is an IP address or localhost and so says nothing alone; else the RPC service, database or
 * messaging system it names.
 */
function peerOf(attributes: ReadonlyMap<string, string>, clean: CleanText): string | undefined {
  if (attributes.size === 0) return undefined;
  const named = attributes.get("peer.service") || addressOf(attributes);
  const peer = named || peerKeys.map((key) => attributes.get(key)).find((text) => text);
  return peer ? clean(peer, textMax.name) : undefined;
}

function addressOf(attributes: ReadonlyMap<string, string>): string | undefined {
  const address = attributes.get("server.address") || attributes.get("net.peer.name");
  if (!address) return undefined;
  const port = attributes.get("server.port") || attributes.get("net.peer.port");
  const bare = address === "localhost" || /^[\d.]+$/.test(address) || address.includes(":");
  if (!bare || !port) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
