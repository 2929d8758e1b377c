import { expect, it } from "vitest";
import { storeSuite } from "../../../ports/store.testsuite.ts";
import { sampleIncident } from "../../../ports/store-suite/samples.testsuite.ts";
import { createMemoryStore } from "./memory-store.ts";

const timed = () => {
  let nowMs = 0;
  const store = createMemoryStore({ nowMs: () => nowMs });
  return {
    store,
    pass: (ms: number) => {
      nowMs += ms;
      return Promise.resolve();
    },
  };
};

storeSuite("memory", () => Promise.resolve(timed()));

it("gives what it holds without copying, frozen to the leaves", async () => {
  const { store } = timed();
  const incident = sampleIncident();
  await store.incidents.save(incident, 0);
  const read = await store.incidents.get(incident.id);
  expect(() => Object.assign(read?.incident.timeline[0] ?? {}, { text: "forged" })).toThrow(TypeError);
  expect((await store.incidents.get(incident.id))?.incident).toBe(read?.incident);
});

it("hands a claim out again when its claimer did not finish it in time", async () => {
  const { store, pass } = timed();
  const signal = {
    kind: "change",
    id: "c",
    change: "flag",
    service: "s",
    environment: "e",
    timeMs: 1,
    source: "event",
  } as const;
  await store.inbox.put([{ id: "c", signal, receivedAtMs: 1 }]);
  expect(await store.inbox.claim("a", 1)).toHaveLength(1);
  await pass(29_999);
  expect(await store.inbox.claim("b", 1)).toHaveLength(0);
  await pass(1);
  expect(await store.inbox.claim("b", 1)).toHaveLength(1);
});
