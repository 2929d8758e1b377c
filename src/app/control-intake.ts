import type { JsonObject } from "../kernel/json.ts";
import type { AuditRecord } from "../loop/audit/record.ts";
import type { ControlSignal } from "../loop/signal/signal.ts";
import type { World } from "../engine/world.ts";
import type { Intake } from "../server/intake.ts";

/** Alerts and changes: recorded and durable before they are answered (A10, K1). Both are idempotent by the sender's id. */
export const controlIntake =
  (world: World): Intake["control"] =>
  async (items) => {
    const receivedAtMs = world.clock.nowMs();
    await world.record(...items.map(({ id, signal }) => recordOf(world, id, signal, receivedAtMs)));
    await world.store.inbox.put(items.map((item) => ({ ...item, receivedAtMs })));
  };

const recordOf = (world: World, id: string, signal: ControlSignal, atMs: number): Omit<AuditRecord, "v"> => ({
  key: `received/${id}`,
  type: signal.kind === "alert" ? "alert.received" : "change.received",
  atMs,
  actor: { kind: "system", name: "sender" },
  subject: signal.service,
  configCommit: world.config().commit,
  body: bodyOf(signal),
});

const bodyOf = (signal: ControlSignal): JsonObject =>
  signal.kind === "alert"
    ? { name: signal.name, status: signal.status, fingerprint: signal.fingerprint, severity: signal.severity }
    : { change: signal.change, from: signal.from ?? null, to: signal.to ?? null, subject: signal.subject ?? null };
