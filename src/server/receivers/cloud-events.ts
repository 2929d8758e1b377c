import type { FastifyInstance } from "fastify";
import { HttpRefusal } from "../auth.ts";
import { boundedTime } from "./bounded-time.ts";
import { changeOf } from "./change-event.ts";
import { cleanText } from "./clean-text.ts";
import { cloudEventTypes, readCloudEvents } from "./cloud-event.ts";
import { prepareControl, takeControl } from "./control-routes.ts";
import type { ReceiverOptions } from "./receiver.ts";

/**
 * `POST /v1/events`: CloudEvents 1.0 that tell of changes, as a Fastify plugin. Answered 202 once every change of the
 * request is durable, 503 when that fails. One wrong event refuses its whole batch. Events of types that are not changes
 * are ignored, counted and named in the answer, so that a sender of many kinds need not be filtered.
 */
export function cloudEventsRoute(server: FastifyInstance, options: ReceiverOptions): Promise<void> {
  const mediaTypes = Object.values(cloudEventTypes);
  prepareControl(server, mediaTypes, options);
  const clean = cleanText(options.redactor);
  const onRequest = options.auth.requireScope("ingest");
  server.post("/v1/events", { onRequest }, (request, reply) => {
    if (!Buffer.isBuffer(request.body)) throw new HttpRefusal(415, `send one of \`${mediaTypes.join("`, `")}\``);
    const events = readCloudEvents(request.headers, request.body);
    const atMs = options.clock.nowMs();
    const told = { atMs, time: boundedTime(atMs, options.count) };
    const read = events.map((event) => ({ event, signal: changeOf(event, clean, told) }));
    const items = read.flatMap(({ signal }) => (signal ? [{ id: signal.id, signal }] : []));
    const ignored = read.filter(({ signal }) => !signal).map(({ event }) => ({ id: event.id, type: event.type }));
    if (ignored.length > 0) options.count?.("cloudevents_ignored", ignored.length);
    return takeControl(items, options, request).then(() => reply.code(202).send({ accepted: items.length, ignored }));
  });
  return Promise.resolve();
}
