import type { Operations } from "../engine/operations.ts";
import { createServer } from "../server/server.ts";
import { archiveStatus } from "./archive/archive-status.ts";
import type { Brain } from "./brain.ts";
import { controlIntake } from "./control-intake.ts";
import { acceptIngestToken, adminToken, writeConnection } from "./credentials.ts";
import type { Foundation } from "./foundation.ts";
import { crowdedStatus } from "./status/crowded-status.ts";
import { faultStatus } from "./status/fault-status.ts";
import { createOperations } from "./status/operations.ts";
import { recordLogin } from "./status/own-records.ts";
import { bearerAuth } from "../server/auth.ts";
import { createOtlpServer, receiversOf } from "./receivers.ts";
import type { Loop } from "./sight/watch-loop.ts";

export interface DoorParts {
  readonly foundation: Foundation;
  readonly brain: Brain;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly otlpPort: number;
  readonly otlpGrpcPort: number;
  readonly loops: () => Readonly<Record<string, Loop>>;
  readonly careProblems: () => readonly string[];
  readonly clockTrouble: () => string | undefined;
  readonly log: (text: string) => void;
}

/** Where people and machines come in: the API, the page and the receivers, listening. */
export interface Doors {
  readonly url: string;
  readonly otlpUrl: string;
  /** `host:port`, as gRPC names its targets. */
  readonly otlpGrpc: string;
  readonly operations: Operations;
  close(): Promise<void>;
}

export async function openDoors(parts: DoorParts): Promise<Doors> {
  const { brain, dataDir, host } = parts;
  const { world } = brain;
  const { store, clock, signer, redactor, ownDatabase } = parts.foundation;
  const counts = new Map<string, number>();
  const count = (name: string, by: number): void => void counts.set(name, (counts.get(name) ?? 0) + by);
  const counters = () => ({ ...brain.counters(), ...Object.fromEntries(counts) });
  const { loops, careProblems, clockTrouble } = parts;
  const operations = createOperations(world, signer, redactor, {
    world,
    ownDatabase,
    loops,
    careProblems,
    clockTrouble,
    undelivered: () => brain.undelivered,
    counters,
    parts: () => [
      archiveStatus(brain.archiving, clock.nowMs()),
      ...brain.forwarding.status(),
      brain.learned.status(),
      ...brain.roundTrip.status(),
      ...brain.stores.status(),
      ...brain.scraping.status(),
      ...crowdedStatus(brain.crowded()),
      faultStatus(brain.faults(), clock.nowMs()),
    ],
  });
  const token = await adminToken(store, dataDir);
  await acceptIngestToken(store);
  const intake = brain.tally.counting({ ...brain.sight.intake, control: controlIntake(world) });
  const receivers = receiversOf({ intake, redactor, clock, count });
  const loginSeen = (name: string, good: boolean) => recordLogin(world, name, good);
  const { archiving, history, traces } = brain;
  const metrics = () => [...brain.tally.metrics(), ...archiving.cost.metrics(archiving.room.stats())];
  const { log } = parts;
  const server = await createServer({
    operations,
    history,
    traces,
    store,
    clock,
    loginSeen,
    metrics,
    log,
    receivers: receivers.all,
  });
  const otlp = await createOtlpServer(store, clock, receivers);
  const grpc = receivers.grpc(bearerAuth(store.tokens, clock));
  const close = async (): Promise<void> => void (await Promise.all([server.close(), otlp.close(), grpc.close()]));
  try {
    const url = await server.listen({ host, port: parts.port });
    const otlpUrl = await otlp.listen({ host, port: parts.otlpPort });
    const otlpGrpc = `${host}:${await grpc.listen(host, parts.otlpGrpcPort)}`;
    brain.forwarding.listensAt([url, otlpUrl]);
    await writeConnection(dataDir, url, token);
    return { url, otlpUrl, otlpGrpc, operations, close };
  } catch (error) {
    await close();
    throw error;
  }
}
