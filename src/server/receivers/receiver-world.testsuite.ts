import fastify, { type FastifyInstance } from "fastify";
import type { ControlSignal, TelemetrySignal } from "../../loop/signal/signal.ts";
import { bearerAuth, createToken } from "../auth.ts";
import type { ReceiverCounter, ReceiverOptions } from "./receiver.ts";

export const nowMs = Date.parse("2026-11-23T18:00:00Z");

/** A receiver behind a real Fastify, with an intake that keeps what it is given. */
export function receiverWorld(
  plugin: (server: FastifyInstance, options: ReceiverOptions) => Promise<void>,
  limits: ReceiverOptions["limits"] = {},
) {
  const telemetry: TelemetrySignal[] = [];
  const control: { readonly id: string; readonly signal: ControlSignal }[] = [];
  const counted = new Map<ReceiverCounter, number>();
  const state = { room: Number.POSITIVE_INFINITY, broken: false, databaseDown: false };
  const tokens = new Map([ingest, reader].map((t) => [t.sha256, t.row]));
  const clock = { nowMs: () => nowMs };
  const options: ReceiverOptions = {
    intake: {
      telemetry(signals) {
        const taken = signals.slice(0, state.room);
        telemetry.push(...taken);
        return { dropped: signals.length - taken.length, why: "the queue is full" };
      },
      async control(items) {
        if (state.broken) throw new Error("database gone");
        control.push(...items);
        return Promise.resolve();
      },
    },
    redactor: { redact: (text) => text.replaceAll(/[\w.]+@[\w.]+|s3cr3t/g, "[redacted:test]") },
    auth: bearerAuth(
      {
        find: (sha256) =>
          state.databaseDown ? Promise.reject(new Error("database gone")) : Promise.resolve(tokens.get(sha256)),
      },
      clock,
    ),
    clock,
    limits,
    count: (counter, by) => counted.set(counter, (counted.get(counter) ?? 0) + by),
  };
  const server = fastify();
  const ready = Promise.resolve(server.register(plugin, options));
  const post = async (
    url: string,
    body: Buffer | string | undefined,
    headers: Record<string, string | undefined> = {},
  ) => {
    await ready;
    const all = { authorization: `Bearer ${ingest.token}`, ...headers };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return server.inject({ method: "POST", url, headers: sent, ...(body === undefined ? {} : { payload: body }) });
  };
  return {
    server,
    ready,
    options,
    post,
    telemetry,
    control,
    counted,
    state,
    token: ingest.token,
    readerToken: reader.token,
  };
}

export type ReceiverWorld = ReturnType<typeof receiverWorld>;

const issued = (name: string, scope: string) => ({ ...createToken(), row: { name, scopes: [scope], roles: [] } });
const ingest = issued("shop", "ingest");
const reader = issued("page", "read");
