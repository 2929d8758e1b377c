import { expect, it } from "vitest";
import { seeded } from "../seeded.ts";
import { behaveAs } from "./behave.ts";
import { poolOf } from "./pool.ts";
import { matchRoute, type Route } from "./shop-floor.ts";

const noCrash = () => {
  throw new Error("must not crash");
};

const route = (method: "GET" | "POST", pattern: string): Route => ({ method, pattern, answer: async () => null });

it("fails the share of requests the release says, and only on its routes", async () => {
  const behave = behaveAs({ version: "1", errorShare: 0.5, routes: ["/a"] }, seeded(1), noCrash);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 400 }, (_, i) => behave(i % 2 === 0 ? "/a" : "/b", async () => i)),
  );
  const failed = outcomes.flatMap((o, i) => (o.status === "rejected" ? [i] : []));
  expect(failed.length).toBeGreaterThan(70);
  expect(failed.length).toBeLessThan(130);
  expect(failed.every((i) => i % 2 === 0)).toBe(true);
});

it("does nothing to a good release", async () => {
  const behave = behaveAs({ version: "1" }, seeded(1), noCrash);
  expect(await behave("/a", async () => 7)).toBe(7);
});

it("crashes after the requests the release says", async () => {
  const crashes: string[] = [];
  const behave = behaveAs({ version: "1", crashAfterRequests: 3 }, seeded(1), (why) => crashes.push(why));
  for (let i = 0; i < 3; i += 1) await behave("/a", async () => i);
  expect(crashes).toEqual(["out of memory after 3 requests"]);
});

it("queues beyond its lanes and turns away beyond its queue", async () => {
  const pool = poolOf("lanes", 1, 1);
  const done: number[] = [];
  const gate = Promise.withResolvers<void>();
  const first = pool.run(() => gate.promise.then(() => done.push(1)));
  const second = pool.run(async () => done.push(2));
  await expect(pool.run(async () => done.push(3))).rejects.toThrow("lanes exhausted");
  expect(done).toEqual([]);
  gate.resolve();
  await Promise.all([first, second]);
  expect(done).toEqual([1, 2]);
  await pool.run(async () => done.push(4));
  expect(done).toEqual([1, 2, 4]);
});

it("lets nobody in where no place exists", async () => {
  await expect(poolOf("pool", 0, 10).run(async () => 1)).rejects.toThrow("pool exhausted");
});

it("matches a route by its parts", () => {
  const routes = [route("GET", "/products"), route("GET", "/products/:id"), route("POST", "/carts/:user/items")];
  expect(matchRoute(routes, "GET", "/products/7")?.params).toEqual({ id: "7" });
  expect(matchRoute(routes, "POST", "/carts/ann/items")?.params).toEqual({ user: "ann" });
  expect(matchRoute(routes, "POST", "/products/7")).toBeUndefined();
  expect(matchRoute(routes, "GET", "/products/7/8")).toBeUndefined();
});
