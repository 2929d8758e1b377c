import { expect, test } from "vitest";
import type { Caller } from "../engine/operations.ts";
import type { World } from "../engine/world.ts";
import { createMemoryStore } from "../adapters/store/memory/memory-store.ts";
import { tokenSha256 } from "../server/auth.ts";
import { giveToken } from "./give-token.ts";

function given() {
  const clock = { nowMs: () => 1_000 };
  const store = createMemoryStore(clock);
  const recorded: unknown[] = [];
  const world = {
    store,
    clock,
    config: () => ({ commit: "c" }),
    record: (...r: unknown[]) => Promise.resolve(void recorded.push(...r)),
  } as unknown as World;
  return { world, store, recorded };
}
const admin: Caller = { kind: "person", name: "ann", roles: ["admin"], scopes: ["read", "operate", "approve"] };
const wanted = { name: "bob", scopes: ["read", "approve"], roles: ["approver"] };

test("an admin gives a token that works, and it is on record without the token", async () => {
  const { world, store, recorded } = given();
  const made = await giveToken(world, admin, wanted);
  if (!made.ok) throw new Error(made.error.message);
  expect(await store.tokens.find(tokenSha256(made.value.token), 2_000)).toMatchObject({
    name: "bob",
    roles: ["approver"],
  });
  expect(recorded).toHaveLength(1);
  expect(JSON.stringify(recorded)).not.toContain(made.value.token);
});

test("who may operate cannot give themselves roles", async () => {
  const { world, recorded } = given();
  const made = await giveToken(
    world,
    { ...admin, roles: ["operator", "approver"] },
    { ...wanted, roles: ["operator"] },
  );
  expect(made).toMatchObject({ ok: false, error: { code: "denied" } });
  expect(recorded).toEqual([]);
});

test("nobody gives scopes they lack", async () => {
  const made = await giveToken(given().world, admin, { ...wanted, scopes: ["ingest"] });
  expect(made).toMatchObject({ ok: false, error: { code: "denied" } });
});
