import { expect, test } from "vitest";
import { createSecretlintRedactor } from "../../adapters/redactor/secretlint/secretlint-redactor.ts";
import { createMemoryStore } from "../../adapters/store/memory/memory-store.ts";
import type { World } from "../../engine/world.ts";
import type { AuditRecord } from "../../loop/audit/record.ts";
import type { Signer } from "../../ports/signer.ts";
import { createOperations } from "./operations.ts";
import type { StatusParts } from "./status.ts";

const clock = { nowMs: () => 1_790_000_000_000 };
const ann = { kind: "person" as const, name: "ann", roles: ["operator"], scopes: ["operate"] };

test("a secret in the reason of a stop reaches neither store nor log", async () => {
  const store = createMemoryStore(clock);
  const records: unknown[] = [];
  const world = {
    store,
    clock,
    config: () => ({ commit: "c", ask: () => ({ allowed: true, policies: ["people"], errors: [], annotations: {} }) }),
    record: (...entries: readonly Omit<AuditRecord, "v">[]) => Promise.resolve(void records.push(...entries)),
  } as unknown as World;
  const redactor = createSecretlintRedactor();
  const operations = createOperations(world, {} as Signer, redactor, {} as StatusParts);
  const stopped = await operations.stop(ann, { kind: "all", value: "" }, "ask bob@example.com first");
  expect(stopped.ok).toBe(true);
  const [entry] = await store.stops.list();
  expect(entry?.reason).toContain("ask ");
  expect(JSON.stringify([entry, records])).not.toContain("bob@example.com");
});
