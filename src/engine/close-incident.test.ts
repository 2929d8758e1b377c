import { describe, expect, test } from "vitest";
import { askOf } from "../loop/decision/given-decision.ts";
import { givenAlert } from "../loop/incident/given-alert.testsuite.ts";
import type { IncidentState } from "../loop/incident/incident.ts";
import { calmWorld } from "./calm-world.testsuite.ts";
import { closeIncident } from "./close-incident.ts";
import { changeIncident } from "./incident-story.ts";

const ann = { kind: "person", name: "ann", roles: ["operator"], scopes: ["operate"] } as const;
const atMs = 1_790_000_000_000;
const alert = givenAlert("cart", { startsAtMs: atMs });

async function given(state: IncidentState, ask?: Parameters<typeof calmWorld>[1]) {
  const world = await calmWorld({ shop: ["cart"] }, ask);
  const [incident] = await world.look([alert]);
  if (!incident) throw new Error("an incident was to open");
  await changeIncident(world.world, incident.id, (i) => ({ ...i, state }));
  const close = () => closeIncident(world.world, ann, incident.id, "mine");
  const stop = () =>
    world.store.stops.set({ scope: { kind: "incident", value: incident.id }, by: "ann", reason: "wait", atMs });
  return { ...world, id: incident.id, close, stop };
}

describe("closing", () => {
  test.each(["escalated", "resolved", "stood-down"] as const)(
    "one that is %s is recorded with who and why",
    async (state) => {
      const { close, records, id } = await given(state);
      const closed = await close();
      if (!closed.ok) return expect.unreachable(closed.error.message);
      expect(closed.value.state).toBe("closed");
      const line = closed.value.timeline.at(-1);
      expect(line).toMatchObject({ kind: "state", text: "closed: mine", actor: { kind: "person", name: "ann" } });
      expect(records.at(-1)).toMatchObject({
        key: line?.record,
        type: "incident.transitioned",
        subject: id,
        actor: { kind: "person", name: "ann" },
        body: { to: "closed", reason: "mine" },
      });
    },
  );

  test.each(["open", "diagnosing", "awaiting-approval", "remediating", "verifying"] as const)(
    "is refused under a heal that works: %s",
    async (state) => {
      const { close, store, id, records } = await given(state);
      const many = records.length;
      expect(await close()).toMatchObject({
        ok: false,
        error: { code: "stale", message: expect.stringContaining(`homeostat stop incident/${id}`) },
      });
      expect((await store.incidents.get(id))?.incident.state).toBe(state);
      expect(records).toHaveLength(many);
    },
  );

  test.each(["open", "diagnosing", "awaiting-approval"] as const)(
    "one that is %s stands down first when it is stopped",
    async (state) => {
      const { close, stop, records, pass, told, runs } = await given(state);
      await stop();
      expect(await close()).toMatchObject({ ok: true, value: { state: "closed" } });
      expect(records.slice(-2).map((r) => r.body["to"])).toEqual(["stood-down", "closed"]);
      await pass(120_000);
      expect(runs().map((r) => r.state)).toEqual(["succeeded"]);
      expect(told).toEqual([]);
    },
  );

  test("does not cut off what has begun, though it is stopped", async () => {
    for (const state of ["remediating", "verifying"] as const) {
      const { close, stop } = await given(state);
      await stop();
      expect(await close()).toMatchObject({ ok: false, error: { code: "stale" } });
    }
  });

  test("twice, or what is not there, is refused", async () => {
    const { close, world } = await given("escalated");
    await close();
    expect(await close()).toMatchObject({ ok: false, error: { code: "stale" } });
    expect(await closeIncident(world, ann, "inc-none", "mine")).toMatchObject({ error: { code: "not-found" } });
  });

  test("one that goes on as another points there", async () => {
    const { close, world, id } = await given("stood-down");
    await changeIncident(world, id, (i) => ({ ...i, mergedInto: "inc-other" }));
    expect(await close()).toMatchObject({ error: { message: expect.stringContaining("`inc-other`") } });
  });

  test("needs a policy that permits it", async () => {
    const { close, store, id } = await given("escalated", askOf({}));
    expect(await close()).toMatchObject({
      ok: false,
      error: { code: "denied", message: expect.stringContaining("to close") },
    });
    expect((await store.incidents.get(id))?.incident.state).toBe("escalated");
  });
});

describe("after closing", () => {
  test("what still fires opens nothing, look after look and a month later", async () => {
    const { close, look, pass, records } = await given("escalated");
    const slow = { ...alert, name: "Slow", fingerprint: "slow" };
    await look([slow]);
    await close();
    for (let i = 0; i < 3; i++) expect(await look([alert])).toEqual([]);
    expect(await look([slow])).toEqual([]);
    await pass(30 * 24 * 3_600_000);
    expect(await look([alert, slow])).toEqual([]);
    expect(records.filter((r) => r.type === "incident.opened")).toHaveLength(1);
  });

  test("what fired again after an incident had resolved is not taken for what was closed", async () => {
    const { close, look, pass, world, id } = await given("resolved");
    await changeIncident(world, id, (i) => ({ ...i, endedAtMs: world.clock.nowMs() }));
    await pass(60_000);
    const againMs = world.clock.nowMs();
    await pass(60_000);
    await close();
    expect(await look([{ ...alert, startsAtMs: againMs }])).toHaveLength(1);
  });

  test("what cleared and fires again opens an incident", async () => {
    const { close, look, pass, world, id } = await given("escalated");
    await close();
    await pass(60_000);
    await look([{ ...alert, status: "resolved" }]);
    const live = await look([{ ...alert, startsAtMs: world.clock.nowMs() }]);
    expect(live.map((i) => i.id)).not.toContain(id);
    expect(live).toHaveLength(1);
  });

  test("something new beside it opens an incident, once", async () => {
    const { close, look } = await given("escalated");
    await close();
    const other = givenAlert("shop", { startsAtMs: atMs });
    const live = await look([alert, other]);
    expect(live.map((i) => i.alerts.length)).toEqual([2]);
    expect(await look([alert, other])).toEqual(live);
  });
});
