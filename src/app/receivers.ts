import Fastify, { type FastifyInstance } from "fastify";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { bearerAuth, type BearerAuth } from "../server/auth.ts";
import { alertmanagerRoute } from "../server/receivers/alertmanager.ts";
import { cloudEventsRoute } from "../server/receivers/cloud-events.ts";
import { createOtlpGrpc, type OtlpGrpc } from "../server/receivers/otlp-grpc.ts";
import { otlpRoutes } from "../server/receivers/otlp-routes.ts";
import type { ReceiverOptions } from "../server/receivers/receiver.ts";

export interface Receivers {
  readonly all: (server: FastifyInstance, auth: BearerAuth) => Promise<void>;
  readonly otlp: (server: FastifyInstance, auth: BearerAuth) => Promise<void>;
  readonly grpc: (auth: BearerAuth) => OtlpGrpc;
}

export function receiversOf(parts: Omit<ReceiverOptions, "auth">): Receivers {
  const otlp = async (server: FastifyInstance, auth: BearerAuth): Promise<void> => {
    await server.register((scope) => otlpRoutes(scope, { ...parts, auth }));
  };
  return {
    otlp,
    grpc: (auth) => createOtlpGrpc({ ...parts, auth }),
    all: async (server, auth) => {
      await otlp(server, auth);
      await server.register((scope) => alertmanagerRoute(scope, { ...parts, auth }));
      await server.register((scope) => cloudEventsRoute(scope, { ...parts, auth }));
    },
  };
}

/** A second listener for OTLP alone, on the port that OpenTelemetry SDKs expect. */
export async function createOtlpServer(store: Store, clock: Clock, receivers: Receivers): Promise<FastifyInstance> {
  const server = Fastify({ requestTimeout: 30_000, forceCloseConnections: true });
  await receivers.otlp(server, bearerAuth(store.tokens, clock));
  return server;
}
