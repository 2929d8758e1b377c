import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { HttpRefusal } from "../auth.ts";
import { parseJson, readAs } from "./control-routes.ts";

export const cloudEventTypes = {
  structured: "application/cloudevents+json",
  batch: "application/cloudevents-batch+json",
  json: "application/json",
} as const;

/** Most events of one batch. */
const eventsMax = 1_000;
/** Longest context attribute, in UTF-16 units. */
export const attributeMax = 1_024;

const attribute = z.string().min(1).max(attributeMax);

const eventSchema = z.object({
  specversion: z.literal("1.0"),
  id: attribute,
  source: attribute,
  type: attribute,
  subject: attribute.optional(),
  time: z.iso.datetime({ offset: true }).optional(),
  datacontenttype: z
    .string()
    .regex(/^[^;]*[/+]json\s*(;|$)/i, "expected a JSON media type")
    .optional(),
  data: z.unknown().optional(),
  data_base64: z.base64().optional(),
});

/** A CloudEvents 1.0 event with its data parsed. `where` locates it in the request, for messages. */
export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time?: string;
  readonly data: unknown;
  readonly where: string;
}

/**
 * Events of an HTTP request in structured, batched or binary mode (CloudEvents 1.0.2, HTTP protocol binding section 3, and
 * the JSON event format). Throws when any of them is not an event.
 */
export function readCloudEvents(headers: IncomingHttpHeaders, body: Buffer): CloudEvent[] {
  const mediaType = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType === cloudEventTypes.structured) return [parseEvent(parseJson(body), "")];
  if (mediaType === cloudEventTypes.batch) return readBatch(parseJson(body));
  if (headers["ce-specversion"] === undefined)
    throw new HttpRefusal(
      400,
      `no \`ce-specversion\` header: send binary mode with its headers, or \`${cloudEventTypes.structured}\``,
    );
  return [parseEvent({ ...binaryAttributes(headers), ...(body.byteLength > 0 ? { data: parseJson(body) } : {}) }, "")];
}

function readBatch(value: unknown): CloudEvent[] {
  const list = readAs(z.array(z.unknown()).max(eventsMax), value, `a batch of at most ${eventsMax} CloudEvents`);
  return list.map((event, index) => parseEvent(event, `[${index}]`));
}

function parseEvent(value: unknown, where: string): CloudEvent {
  const read = readAs(eventSchema, value, "a CloudEvent of version 1.0", where);
  const { id, source, type, time, data, data_base64: encoded } = read;
  const decoded = encoded === undefined ? data : parseJson(Buffer.from(encoded, "base64"));
  return { id, source, type, ...(time === undefined ? {} : { time }), data: decoded, where };
}

function binaryAttributes(headers: IncomingHttpHeaders): Record<string, string> {
  const attributes: Record<string, string> = { datacontenttype: headers["content-type"] ?? cloudEventTypes.json };
  for (const name of ["specversion", "id", "source", "type", "subject", "time"]) {
    const value = headers[`ce-${name}`];
    if (typeof value === "string") attributes[name] = decodeHeader(value, `ce-${name}`);
  }
  return attributes;
}

/** Header values may be quoted and are percent-encoded (HTTP protocol binding, section 3.1.3.2). */
function decodeHeader(value: string, name: string): string {
  const plain = /^".*"$/s.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/gs, "$1") : value;
  try {
    return decodeURIComponent(plain);
  } catch {
    throw new HttpRefusal(400, `the header \`${name}\` is not percent-encoded UTF-8`);
  }
}
