import { expect, test } from "vitest";
import { createMemoryStore } from "../adapters/store/memory/memory-store.ts";
import { createControllerLease } from "./controller-lease.ts";

function given() {
  let nowMs = 1_000_000;
  const { leases } = createMemoryStore({ nowMs: () => nowMs });
  const barred: string[] = [];
  const controller = (id: string) => createControllerLease(leases, id, (why) => barred.push(why));
  return { a: controller("a"), b: controller("b"), barred, pass: (ms: number) => void (nowMs += ms) };
}

test("a controller that died is barred by who lives, soon, and told so when it comes back", async () => {
  const { a, b, barred, pass } = given();
  await a.renew();
  pass(10_001);
  await b.renew();
  expect(await b.bar("a"), "it may have just come back itself").toBe(false);
  for (let i = 0; i < 2; i++) await b.renew();
  expect(await b.bar("a")).toBe(true);
  await a.renew();
  expect(barred).toEqual(["controller a was away too long and controller b took over its work"]);
  expect(await a.current()).toBe(false);
});

test("controllers that all lost their leases while the database was away do not bar each other", async () => {
  const { a, b, barred, pass } = given();
  await Promise.all([a.renew(), b.renew()]);
  pass(60_000);
  expect(await a.bar("b"), "it had no lease itself").toBe(false);
  await a.renew();
  expect(await a.bar("b"), "it was only the first to come back").toBe(false);
  await b.renew();
  expect([await a.current(), await b.current(), barred]).toEqual([true, true, []]);
});

test("one that does not come back after the database was away is barred a little later", async () => {
  const { a, b, pass } = given();
  await Promise.all([a.renew(), b.renew()]);
  pass(60_000);
  await a.renew();
  let waitedMs = 0;
  for (; !(await a.bar("b")); waitedMs += 3_000) {
    pass(3_000);
    await a.renew();
  }
  expect(waitedMs).toBeGreaterThan(10_000);
  expect(waitedMs).toBeLessThan(20_000);
});
