import { expect, test } from "vitest";
import { givenAlert, groupOf } from "../loop/incident/given-alert.testsuite.ts";
import { calmWorld } from "./calm-world.testsuite.ts";
import { changeIncident } from "./incident-story.ts";

const alert = givenAlert("cart", { startsAtMs: 1_790_000_000_000 });

test("what fires on long after its incident ended is heard of again, and the old heal is never played anew", async () => {
  const given = await calmWorld({ shop: ["cart"] });
  const [incident] = await given.look([alert]);
  if (!incident) return expect.unreachable();
  await given.pass(300_000);
  const end = (id: string) =>
    changeIncident(given.world, id, (i) => ({ ...i, state: "resolved", endedAtMs: given.world.clock.nowMs() }));
  await end(incident.id);
  expect(await given.world.durable.prune(Infinity, 10)).toBe(1);
  expect(await given.look([alert]), "it may just be late to clear").toEqual([]);
  await given.pass(40 * 24 * 3_600_000);
  const [again] = await given.look([alert]);
  expect(again?.id).not.toBe(incident.id);
  expect(given.runs().map((r) => r.id)).toEqual([`heal-${again?.id}`]);
  await end(again?.id ?? "");
  await given.pass(600_000);
  const [third] = await given.look([alert]);
  expect(new Set([incident.id, again?.id, third?.id]).size).toBe(3);
});

test("an incident that ended takes nothing in when what opened it is seen once more", async () => {
  const given = await calmWorld({ shop: ["cart"] });
  const again = groupOf({ ...alert, environment: "production" });
  const [incident] = await given.look([alert]);
  if (!incident) return expect.unreachable();
  await changeIncident(given.world, incident.id, (i) => ({ ...i, state: "resolved", endedAtMs: i.openedAtMs }));
  const live = await given.look([], [], [again, groupOf(givenAlert("shop", { startsAtMs: alert.startsAtMs }))]);
  expect(live.map((i) => [i.id === incident.id, i.services])).toEqual([[false, ["shop"]]]);
});

test("an incident that waits for people is not healed again when more of its alerts come after its run is pruned", async () => {
  const given = await calmWorld({ shop: ["cart"] });
  const [incident] = await given.look([alert]);
  await given.pass(300_000);
  expect((await given.store.incidents.get(incident?.id ?? ""))?.incident.state).toBe("escalated");
  await given.world.durable.prune(Infinity, 10);
  await given.look([{ ...alert, name: "Slow", fingerprint: "slow" }]);
  expect(given.runs().filter((r) => r.id === `heal-${incident?.id}`)).toEqual([]);
});

test("whoever opened an incident and died before its heal began leaves it to the next look", async () => {
  const given = await calmWorld({ shop: ["cart"] });
  const start = given.world.durable.start;
  Object.assign(given.world.durable, { start: async () => Promise.reject(new Error("it died here")) });
  await expect(given.look([alert])).rejects.toThrow("it died here");
  Object.assign(given.world.durable, { start });
  await given.look([alert]);
  expect(given.runs().map((r) => r.story)).toEqual(["heal"]);
});

test("a mistake about one alert keeps no other from being placed, is told, and the alert comes again", async () => {
  const given = await calmWorld({ shop: ["cart"], search: [] });
  const save = given.store.incidents.save;
  const broken: typeof save = async (incident, version) => {
    if (incident.services.includes("search")) throw new TypeError("cannot read properties of undefined");
    return save(incident, version);
  };
  Object.assign(given.store.incidents, { save: broken });
  const other = givenAlert("search", { startsAtMs: alert.startsAtMs });
  await expect(given.look([other, alert])).rejects.toThrow(/search: cannot read properties/);
  const live = async () =>
    (await given.store.incidents.list({ live: true, limit: 10 })).flatMap((i) => i.services).toSorted();
  expect(await live()).toEqual(["cart"]);
  expect(await given.store.inbox.pending()).toBe(1);
  Object.assign(given.store.incidents, { save });
  await given.pass(60_000);
  await given.look([]);
  expect(await live()).toEqual(["cart", "search"]);
  expect(await given.store.inbox.pending()).toBe(0);
});
