import { expect, test } from "vitest";
import { givenAlert } from "../loop/incident/given-alert.testsuite.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { calmWorld } from "./calm-world.testsuite.ts";
import { changeIncident } from "./incident-story.ts";
import { joinIncidents } from "./join-incidents.ts";

const chain = { a: ["b"], b: ["c"], c: ["d"] };
const atMs = 1_790_000_000_000;
const alert = (service: string, name = "Errors") => givenAlert(service, { name, startsAtMs: atMs });

/** Two incidents of one storm: the alert that shows that they are one has not come yet. */
async function twoOfOne() {
  const given = await calmWorld(chain);
  const live = await given.look([alert("a"), alert("d")]);
  const [first, second] = live.toSorted((x, y) => (x.id < y.id ? -1 : 1));
  if (live.length !== 2 || !first || !second) throw new Error("two incidents were to open");
  return { ...given, first, second };
}
const end = async (given: Awaited<ReturnType<typeof twoOfOne>>): Promise<[Incident, Incident]> => {
  const all = await Promise.all([given.first.id, given.second.id].map((id) => given.store.incidents.get(id)));
  const [stays, goes] = all.flatMap((i) => (i ? [i.incident] : [])).toSorted((x) => (x.mergedInto ? 1 : -1));
  if (!stays || !goes) throw new Error("incidents are kept");
  return [stays, goes];
};

test("incidents that turn out to be connected become one, with a record and a line on both", async () => {
  const given = await twoOfOne();
  expect(await given.look([alert("b")])).toHaveLength(1);
  const [stays, goes] = await end(given);
  expect(goes).toMatchObject({ state: "stood-down", mergedInto: stays.id });
  expect(goes.timeline.at(-1)?.text).toBe(`stood-down: merged into ${stays.id}`);
  expect(stays.timeline.map((e) => e.text)).toContainEqual(expect.stringContaining(`takes in ${goes.id}`));
  expect(stays.alerts.map((a) => a.service).toSorted()).toEqual(["a", "b", "d"]);
  expect(stays.services.toSorted()).toEqual(["a", "b", "d"]);
  const of = given.records.filter(
    (r) => r.type === "incident.merged" || r.body["reason"] === `merged into ${stays.id}`,
  );
  expect(of.map((r) => [r.type, r.subject])).toEqual([
    ["incident.merged", stays.id],
    ["incident.transitioned", goes.id],
  ]);
});

test("the heal of one that was merged away ends, and tells nobody", async () => {
  const given = await twoOfOne();
  await given.pass(1_000);
  await given.look([alert("b")]);
  const [stays, goes] = await end(given);
  await given.pass(5_000);
  expect(given.runs().find((r) => r.id === `heal-${goes.id}`)?.state).toBe("succeeded");
  await given.pass(300_000);
  expect((await end(given))[1]).toEqual(goes);
  expect(new Set(given.told.map((n) => n.subject))).toEqual(new Set([stays.id]));
  expect(given.records.filter((r) => r.subject === goes.id && r.type === "outcome.reached")).toEqual([]);
});

test("what comes later goes to the incident that goes on", async () => {
  const given = await twoOfOne();
  await given.look([alert("b")]);
  const [stays] = await end(given);
  const live = await given.look([alert("a", "Slow"), alert("d", "Slow"), { ...alert("d"), status: "resolved" }]);
  expect(live.map((i) => i.id)).toEqual([stays.id]);
  expect(live[0]?.alerts.map((a) => `${a.service} ${a.name} ${a.status}`).toSorted()).toEqual([
    "a Errors firing",
    "a Slow firing",
    "b Errors firing",
    "d Errors resolved",
    "d Slow firing",
  ]);
});

test("people who were told that one needs them are told where it goes on", async () => {
  const given = await twoOfOne();
  await changeIncident(given.world, given.first.id, (i) => ({ ...i, state: "escalated" }));
  await given.look([alert("b")]);
  const [stays, goes] = await end(given);
  expect(goes.id).toBe(given.first.id);
  expect(given.told).toMatchObject([{ subject: goes.id, text: expect.stringContaining(`merged into ${stays.id}`) }]);
});

test("an incident that acts is not merged away while its heal works (I4)", async () => {
  const given = await twoOfOne();
  for (const { id } of [given.first, given.second])
    await changeIncident(given.world, id, (i) => ({ ...i, state: "remediating" }));
  expect(await given.look([alert("b")])).toHaveLength(2);
});

test("one whose heal acted before is not merged away, whatever its state is now", async () => {
  const given = await twoOfOne();
  await given.pass(1_000);
  for (const { id } of [given.first, given.second])
    await given.store.runs.startRun({
      id: `${id}-1`,
      incidentId: id,
      planDigest: "sha256:00",
      state: "rolled-back",
      intents: [],
      outcomes: [],
      startedAtMs: atMs,
    });
  expect(await given.look([alert("b")])).toHaveLength(2);
});

test("what is stopped by its own id does not go on under another (I8)", async () => {
  const given = await twoOfOne();
  const scope = { kind: "incident", value: given.first.id } as const;
  await given.store.stops.set({ scope, by: "ann", reason: "wait", atMs });
  expect(await given.look([alert("b")])).toHaveLength(2);
  await given.store.stops.lift(scope);
  expect(await given.look([])).toHaveLength(1);
});

test("nothing is merged while it is not known what is stopped (I7)", async () => {
  const given = await twoOfOne();
  Object.assign(given.world, { stops: async () => ({ known: false, why: "the file cannot be read" }) });
  expect(await given.look([alert("b")])).toHaveLength(2);
});

test("a crash between taking in and ending the other is made good, and nothing is counted or told twice", async () => {
  const given = await twoOfOne();
  await given.store.inbox.put([{ id: "b", signal: alert("b"), receivedAtMs: atMs }]);
  const save = given.store.incidents.save;
  let crashed = false;
  Object.assign(given.store.incidents, {
    save: async (incident: Incident, version: number) => {
      if (incident.mergedInto === undefined || crashed) return save(incident, version);
      crashed = true;
      throw new Error("it died here");
    },
  });
  await expect(given.look([])).rejects.toThrow("it died here");
  expect(await given.look([])).toHaveLength(1);
  const [stays, goes] = await end(given);
  expect(stays.alerts).toHaveLength(3);
  expect(stays.timeline.filter((e) => e.text.includes(`takes in ${goes.id}`))).toHaveLength(1);
  expect(given.records.filter((r) => r.type === "incident.merged")).toHaveLength(1);
});

test("a heal that begins to act at the same moment keeps its incident", async () => {
  const given = await twoOfOne();
  const live = new Map([given.first, given.second].map((i) => [i.id, { ...i, services: ["a"] }]));
  const get = given.store.incidents.get;
  let reads = 0;
  Object.assign(given.store.incidents, {
    get: async (id: string) => {
      // Between the look at what may be merged away and its end.
      if (++reads === 3) for (const i of [given.first, given.second]) await acts(i.id);
      return get(id);
    },
  });
  const acts = async (id: string): Promise<void> => {
    const found = await get(id);
    if (found) await given.store.incidents.save({ ...found.incident, state: "remediating" }, found.version);
  };
  await joinIncidents(given.world, live);
  const states = (await given.store.incidents.list({ limit: 10 })).map((i) => i.state);
  expect(states).toEqual(["remediating", "remediating"]);
});
