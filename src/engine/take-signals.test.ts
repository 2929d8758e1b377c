import { expect, test } from "vitest";
import { givenAlert } from "../loop/incident/given-alert.testsuite.ts";
import { calmWorld } from "./calm-world.testsuite.ts";
import { takeSignals } from "./take-signals.ts";

/** A world where so many alerts come with each pause, and how often it was paused. */
async function given(first: number, ...later: readonly number[]) {
  const { world, store } = await calmWorld({});
  let n = 0;
  const put = (many = 0) =>
    store.inbox.put(
      Array.from({ length: many }, () => ({ id: `${++n}`, signal: givenAlert(`s${n}`), receivedAtMs: 0 })),
    );
  await put(first);
  let pauses = 0;
  Object.assign(world, { pause: async () => void (await put(later[pauses++])) });
  return { world, pauses: () => pauses };
}

test.each([
  ["a lone alert is not kept waiting", [1], 1, 0],
  ["a storm is waited for while it comes", [30, 30, 5], 65, 2],
  ["a storm that does not end does not keep the look from ending", [30, 30, 30, 30, 30], 120, 3],
  ["no more is taken than one look can place", [800, 400, 400], 1_000, 1],
  ["nothing waits for nothing", [0], 0, 0],
] as const)("%s", async (_why, [first, ...later], taken, pauses) => {
  const { world, pauses: paused } = await given(first, ...later);
  expect(await takeSignals(world)).toHaveLength(taken);
  expect(paused()).toBe(pauses);
});
