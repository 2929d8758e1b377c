import { describe, expect, test } from "vitest";
import type { DurableStory } from "../../../ports/durable.ts";
import type { FaultPoint } from "./controller-state.ts";
import { createSimulatedWorld, type SimulatedWorldOptions } from "./simulated-world.ts";

const startMs = 1_700_000_000_000;

/** A world that starts a new controller one second after each crash, and what the bodies of its runs did. */
function world(options: Partial<SimulatedWorldOptions> = {}) {
  const done: string[] = [];
  const story: DurableStory = async (run) => {
    const results = [await run.step("a", async () => note("a", run.runId))];
    await run.sleep(1_000);
    const message = await run.receive<number>("go", 60_000);
    results.push(await run.step("b", async () => note("b", run.runId)), String(message), String(await run.now()));
    return results;
  };
  const note = (step: string, id: string): string => {
    done.push(`${id}/${step}@${simulated.nowMs() - startMs}`);
    return `${id}/${step}`;
  };
  const simulated = createSimulatedWorld({
    seed: 1,
    startMs,
    ...options,
    crashed: (id) => void simulated.at(simulated.nowMs() + 1_000, () => void begin(`${id}'`, [id])),
  });
  const begin = async (id: string, dead: readonly string[] = []) => {
    const engine = simulated.controller(id);
    engine.register("story", story);
    await engine.launch();
    await engine.takeOver(dead);
    return engine;
  };
  return { simulated, begin, done };
}

async function play(options: Partial<SimulatedWorldOptions> = {}, runs = 1) {
  const { simulated, begin, done } = world(options);
  const engine = await begin("c");
  for (let i = 0; i < runs; i++) await engine.start("story", `r${i}`, null);
  for (let i = 0; i < runs; i++) await engine.send(`r${i}`, "go", i, "m");
  await simulated.run();
  const observer = await begin("observer");
  return { statuses: await observer.list(), done, endMs: simulated.nowMs() - startMs };
}

test("crashes at every single point, and every run still comes to the same end", async () => {
  const points: FaultPoint[] = [];
  const plain = await play({ crashAt: (point) => points.push(point) < 0 });
  const expected = {
    a: ["before-body", "after-body", "after-record"],
    sleep: ["before-body", "after-record"],
    "receive go": ["before-body", "after-record", "after-record"],
    b: ["before-body", "after-body", "after-record"],
    now: ["before-body", "after-record"],
  };
  expect(points.map((p) => [p.step, p.at])).toEqual(
    Object.entries(expected).flatMap(([step, ats]) => ats.map((at) => [step, at])),
  );
  for (let k = 0; k < points.length; k++) {
    let seen = 0;
    const crashed = await play({ crashAt: () => seen++ === k });
    const again = points[k]?.at === "after-body" ? 1 : 0;
    expect(crashed.done).toHaveLength(plain.done.length + again);
    expect(crashed.endMs).toBeGreaterThan(plain.endMs - 1);
    expect(crashed.statuses).toMatchObject([{ state: "succeeded", output: ["r0/a", "r0/b", "0", expect.any(String)] }]);
  }
});

test("gives one history for one seed, another for another", async () => {
  const options = (seed: number): Partial<SimulatedWorldOptions> => ({
    seed,
    crashAt: (_, random) => random() < 0.05,
    pauseAt: (_, random) => (random() < 0.05 ? 3_000 : 0),
    deliver: (random) => [random() * 5_000, random() * 5_000],
  });
  const first = await play(options(5), 20);
  expect(await play(options(5), 20)).toEqual(first);
  expect(await play(options(6), 20)).not.toEqual(first);
  for (const status of first.statuses) expect(status).toMatchObject({ state: "succeeded" });
});

test("delivers late and doubled messages once", async () => {
  const { statuses, endMs } = await play({ deliver: () => [9_000, 4_000, 12_000] });
  expect(statuses).toMatchObject([{ state: "succeeded", output: ["r0/a", "r0/b", "0", String(startMs + 4_000)] }]);
  expect(endMs).toBe(12_000);
});

describe("a body that is stopped between its check and its act", () => {
  test("goes on after it woke, when another has the run, and nothing of it is recorded", async () => {
    const simulated = createSimulatedWorld({
      seed: 3,
      startMs,
      pauseAt: (point) => (point.controller === "c1" && point.step === "between" ? 30_000 : 0),
    });
    const acts: string[] = [];
    const act = (what: string, id: string): string => {
      acts.push(`${id} ${what} @${simulated.nowMs() - startMs}`);
      return id;
    };
    const begin = async (id: string) => {
      const engine = simulated.controller(id);
      engine.register("story", async (run) => {
        const by = await run.step("act", async () => {
          await simulated.point(id, "between");
          return act("act", id);
        });
        await run.sleep(60_000);
        await run.step("after", () => simulated.sleep(id, 5_000).then(() => act("after", id)));
        return by;
      });
      await engine.launch();
      return engine;
    };
    const [first, second] = [await begin("c1"), await begin("c2")];
    simulated.pause("c2");
    await first.start("story", "r", null);
    await simulated.run({ untilMs: startMs + 10_000 });
    simulated.wake("c2");
    expect(await second.takeOver(["c1"])).toEqual(["r"]);
    await simulated.run();
    expect(acts).toEqual(["c2 act @10000", "c1 act @30000", "c2 after @75000"]);
    expect(await second.get("r")).toMatchObject({ state: "succeeded", output: "c2" });
  });

  test("never goes on when it is killed there", async () => {
    let crashed = 0;
    const simulated = createSimulatedWorld({
      seed: 3,
      startMs,
      crashAt: (p) => p.at === "in-body",
      crashed: () => crashed++,
    });
    const engine = simulated.controller("c1");
    let acted = 0;
    engine.register("story", async (run) => {
      await run.step("act", () => simulated.sleep("c1", 50).then(() => void acted++));
      return null;
    });
    await engine.launch();
    await engine.start("story", "r", null);
    await simulated.run();
    expect([crashed, acted]).toEqual([1, 0]);
  });
});

test("waits for what bodies really do before time goes on", async () => {
  const simulated = createSimulatedWorld({ seed: 3, startMs });
  const engine = simulated.controller("c1");
  engine.register("story", async (run) => {
    const value = await run.step("real", () => new Promise<string>((done) => setTimeout(done, 60, "real")));
    return [value, await run.now()] as const;
  });
  simulated.at(startMs + 60_000, () => undefined);
  await engine.launch();
  await engine.start("story", "r", null);
  expect(await engine.wait("r", 90_000)).toMatchObject({ output: ["real", startMs] });
});

test("takes 20,000 steps in a moment", async () => {
  const simulated = createSimulatedWorld({ seed: 3, startMs });
  const engine = simulated.controller("c1");
  engine.register("story", async (run) => {
    for (let i = 0; i < 200; i++) await run.step(`s${i}`, async () => ({ i }));
    return null;
  });
  await engine.launch();
  for (let i = 0; i < 100; i++) await engine.start("story", `r${i}`, null);
  const began = performance.now();
  await simulated.run();
  const seconds = (performance.now() - began) / 1_000;
  expect(await engine.list({ state: "pending" })).toEqual([]);
  // Five times what an idle core takes.
  expect(seconds).toBeLessThan(5);
});
