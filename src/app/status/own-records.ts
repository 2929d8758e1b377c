import { randomUUID } from "node:crypto";
import type { JsonObject } from "../../kernel/json.ts";
import type { Actor } from "../../loop/incident/incident.ts";
import type { RecordType } from "../../loop/audit/record.ts";
import type { World } from "../../engine/world.ts";

/** What the app itself puts into the audit log: starts, logins, configurations (K1). */
const homeostat: Actor = { kind: "homeostat", name: "homeostat" };

const record = (world: World, type: RecordType, actor: Actor, subject: string, body: JsonObject): Promise<void> =>
  world.record({
    key: `${type}/${randomUUID()}`,
    type,
    atMs: world.clock.nowMs(),
    actor,
    subject,
    configCommit: world.config().commit,
    body,
  });

export const recordStart = (world: World, version: string): Promise<void> =>
  record(world, "controller.started", homeostat, world.controller.id, { version });

export const recordLogin = (world: World, name: string, good: boolean): Promise<void> =>
  record(world, good ? "login.succeeded" : "login.refused", { kind: "person", name }, "page", {});

/** A configuration that became active, or, with errors, one that was refused. */
export interface CareEvent {
  readonly commit: string;
  readonly errors: readonly string[];
}

export const recordCare = (world: World, { commit, errors }: CareEvent): Promise<void> =>
  errors.length === 0
    ? record(world, "config.activated", homeostat, commit, { commit })
    : record(world, "config.refused", homeostat, world.config().commit, { errors: errors.slice(0, 20) });
