import { expect, test } from "vitest";
import type { StopState } from "../loop/decision/decision.ts";
import { createStopWatch } from "./watch-stops.ts";
import type { World } from "./world.ts";

const cart: StopState = {
  known: true,
  entries: [{ scope: { kind: "service", value: "cart" }, by: "ann", reason: "wait", atMs: 0 }],
};
const none: StopState = { known: true, entries: [] };
const unreadable: StopState = { known: false, why: "it is a directory" };

/** The heals woken after each look at the stops. */
async function wokenBy(...states: readonly StopState[]): Promise<number[]> {
  let [now, woken] = [none, 0];
  const world = {
    stops: () => Promise.resolve(now),
    controller: { id: "c-1" },
    clock: { nowMs: () => 1 },
    store: { incidents: { list: () => Promise.resolve([{ id: "inc-1" }]) } },
    durable: {
      send: () => {
        woken++;
        return Promise.resolve();
      },
    },
  } as unknown as World;
  const look = createStopWatch(world);
  const counts: number[] = [];
  for (const state of states) {
    now = state;
    await look();
    counts.push(woken);
  }
  return counts;
}

test.each([
  ["a stop that is lifted wakes what waits for it, once", [cart, cart, none, none], [0, 0, 1, 1]],
  ["a stop file taken away by hand does so too", [unreadable, none, none], [0, 1, 1]],
  ["a stop wakes nobody", [none, cart, unreadable], [0, 0, 0]],
])("%s", async (_what, states, counts) => {
  expect(await wokenBy(...states)).toEqual(counts);
});
