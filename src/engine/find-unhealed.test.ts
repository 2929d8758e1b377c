import { expect, test } from "vitest";
import type { Plan } from "../loop/plan/plan.ts";
import { givenAlert } from "../loop/incident/given-alert.testsuite.ts";
import { calmWorld } from "./calm-world.testsuite.ts";
import { findUnhealed } from "./find-unhealed.ts";
import { changeIncident } from "./incident-story.ts";

const alert = givenAlert("cart", { startsAtMs: 1_790_000_000_000 });
const plan = { environment: "production", service: "cart", runbook: { name: "restart" } } as unknown as Plan;

async function given() {
  const it = await calmWorld({ shop: ["cart"] });
  const [incident] = await it.look([alert]);
  if (!incident) return expect.unreachable();
  const now = async () => (await it.store.incidents.get(incident.id))?.incident;
  const lookLater = async (): Promise<void> => {
    await it.pass(180_000);
    await findUnhealed(it.world);
  };
  return { ...it, id: incident.id, now, lookLater };
}

test("an incident whose heal failed for good is not left open in silence, nor its run at work for ever", async () => {
  const { world, store, told, id, now, pass, lookLater } = await given();
  await pass(300_000);
  // As if its heal had ended in the middle of a run, and had not lived to say so.
  await changeIncident(world, id, (i) => ({ ...i, state: "remediating" }));
  await store.runs.savePlan("sha256:1", plan);
  const run = { id: `${id}-1`, incidentId: id, planDigest: "sha256:1", intents: [], outcomes: [] } as const;
  await store.runs.startRun({ ...run, state: "acting", startedAtMs: world.clock.nowMs() });
  told.splice(0);
  await lookLater();
  expect((await now())?.state).toBe("escalated");
  expect(told.map((n) => n.type)).toEqual(["escalation"]);
  expect((await store.runs.run(`${id}-1`))?.state).toBe("stuck");
  expect((await store.runs.history(0)).map((r) => r.outcome)).toEqual(["failed"]);
  await lookLater();
  expect(told.length, "people are told once").toBe(1);
});

test("an incident whose heal never began gets one", async () => {
  const it = await calmWorld({ shop: ["cart"] });
  const { start } = it.world.durable;
  Object.assign(it.world.durable, { start: async () => Promise.reject(new Error("it died here")) });
  await it.look([alert]).catch(() => undefined);
  Object.assign(it.world.durable, { start });
  await it.pass(180_000);
  await findUnhealed(it.world);
  expect(it.runs().map((r) => r.story)).toEqual(["heal"]);
});

test("a heal that works is left alone", async () => {
  const { world, told, id, now, runs } = await given();
  const pending = world.durable.list;
  Object.assign(world.durable, { list: async () => [{ id: `heal-${id}`, story: "heal", state: "pending" }] });
  await findUnhealed(world);
  Object.assign(world.durable, { list: pending });
  expect([(await now())?.state === "escalated", told.length, runs().length]).toEqual([false, 0, 1]);
});
