import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Json } from "../kernel/json.ts";
import { scriptName, type Act } from "./durable-script.testsuite.ts";
import type { DurableEngine, DurableStatus } from "./durable.ts";

/** A controller with the scripted story, launched. */
export interface StagedController {
  readonly engine: Omit<DurableEngine, "register" | "launch">;
  /** As by SIGKILL. */
  crash(): Promise<void>;
  /** As by SIGSTOP and SIGCONT. */
  pause(): Promise<void>;
  wake(): Promise<void>;
}

export interface DurableStage {
  controller(id: string): Promise<StagedController>;
  /** What bodies noted, in order, whoever ran them. */
  notes(): string[];
  hold(name: string): void;
  release(name: string): void;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  nowMs(): number;
  end(): Promise<void>;
}

const waitMs = 30_000;
/** Longer than any take-over lasts: a wait that began anew after it would be seen. */
const longMs = 6_000;

const steps = (...names: string[]): Act[] => names.map((name) => ({ act: "step", name }));

/** The contract of `DurableEngine`, the same for every engine: controllers live and die, runs go on. */
export function durableSuite(name: string, setUp: () => Promise<DurableStage>): void {
  describe(`durable ${name}`, () => {
    let stage: DurableStage;
    beforeEach(async () => void (stage = await setUp()));
    afterEach(() => stage.end());

    const start = (c: StagedController, id: string, acts: readonly Act[]): Promise<void> =>
      c.engine.start(scriptName, id, acts);
    const noted = (line: string): number => stage.notes().filter((n) => n === line).length;
    async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
      for (const endMs = stage.nowMs() + waitMs; !(await holds()); await stage.pass(20))
        if (stage.nowMs() > endMs) throw new Error(`it did not come about; noted: ${stage.notes().join(", ")}`);
    }
    async function outputOf(c: StagedController, id: string): Promise<Json | undefined> {
      const status = await c.engine.wait(id, waitMs);
      expect(status).toMatchObject({ id, story: scriptName, state: "succeeded" });
      return status?.output;
    }
    /** Starts a run on `first`, waits until it stands in a body that is held, and ends `first` there. */
    async function crashIn(first: StagedController, id: string, acts: readonly Act[], held: string): Promise<void> {
      stage.hold(held);
      await start(first, id, acts);
      await until(() => noted(`${id} ${held}`) === 1);
      await first.crash();
      stage.release(held);
    }

    it("runs a story to its end and tells how it stands", async () => {
      const c = await stage.controller("c1");
      stage.hold("b");
      await start(c, "r", steps("a", "b"));
      await until(() => noted("r b") === 1);
      expect(await c.engine.get("r")).toEqual({ id: "r", story: scriptName, state: "pending", controller: "c1" });
      expect((await c.engine.list({ state: "pending" })).map((s) => s.id)).toEqual(["r"]);
      expect(await c.engine.wait("r", 50)).toMatchObject({ state: "pending" });
      stage.release("b");
      expect(await outputOf(c, "r")).toEqual([{ by: "c1" }, { by: "c1" }]);
      const ended: DurableStatus = {
        id: "r",
        story: scriptName,
        state: "succeeded",
        output: [{ by: "c1" }, { by: "c1" }],
      };
      expect(await c.engine.get("r")).toEqual(ended);
      expect(await c.engine.list()).toEqual([ended]);
      expect(await c.engine.list({ state: "pending" })).toEqual([]);
      expect(await c.engine.get("nobody")).toBeUndefined();
    });

    it("tells why a story failed", async () => {
      const c = await stage.controller("c1");
      await start(c, "r", [{ act: "throw", message: "no way on" }]);
      expect(await c.engine.wait("r", waitMs)).toMatchObject({ state: "failed", error: "no way on" });
      expect((await c.engine.list({ state: "failed" })).map((s) => s.id)).toEqual(["r"]);
    });

    it("fails a run that names two steps alike", async () => {
      const c = await stage.controller("c1");
      await start(c, "r", steps("a", "a"));
      expect(await c.engine.wait("r", waitMs)).toMatchObject({
        state: "failed",
        error: expect.stringContaining("`a`") as string,
      });
      expect(noted("r a")).toBe(1);
    });

    it("refuses stories and runs it does not know", async () => {
      const c = await stage.controller("c1");
      await expect(c.engine.start("nobody", "r", null)).rejects.toMatchObject({ code: "unknown-story" });
      await expect(c.engine.send("nobody", "t", 1, "m")).rejects.toMatchObject({ code: "unknown-run" });
    });

    it("starts an id once, while it runs and after it ended", async () => {
      const c = await stage.controller("c1");
      await Promise.all([start(c, "r", steps("a")), start(c, "r", steps("a"))]);
      expect(await outputOf(c, "r")).toHaveLength(1);
      await start(c, "r", steps("b"));
      await stage.pass(500);
      expect(stage.notes()).toEqual(["r a"]);
    });

    it("starts runs from within a step", async () => {
      const c = await stage.controller("c1");
      await start(c, "r", [{ act: "start", name: "begin", id: "other" }, ...steps("a")]);
      expect(await outputOf(c, "r")).toEqual(["other", { by: "c1" }]);
      expect(await outputOf(c, "other")).toEqual([]);
    });

    it("gives a step's value as JSON carries it, the first time as on replay", async () => {
      const first = await stage.controller("c1");
      await start(first, "straight", [{ act: "odd", name: "odd" }]);
      const value = await outputOf(first, "straight");
      expect(value).toEqual([[{ kept: [null, 1.5, "é"] }, true, { at: "1970-01-01T00:00:00.000Z" }]]);
      await crashIn(first, "r", [{ act: "odd", name: "odd" }, ...steps("held")], "held");
      const second = await stage.controller("c2");
      await second.engine.takeOver(["c1"]);
      expect(await outputOf(second, "r")).toEqual([...(value as Json[]), { by: "c2" }]);
    });

    it("does not run a recorded step again, and runs the one anew that was cut off", async () => {
      const first = await stage.controller("c1");
      await crashIn(first, "r", steps("a", "b", "c"), "b");
      const second = await stage.controller("c2");
      expect(await second.engine.takeOver(["c1"])).toEqual(["r"]);
      expect(await outputOf(second, "r")).toEqual([{ by: "c1" }, { by: "c2" }, { by: "c2" }]);
      expect(stage.notes()).toEqual(["r a", "r b", "r b", "r c"]);
    });

    it("goes on by itself when the same controller starts anew", async () => {
      const first = await stage.controller("c1");
      await crashIn(first, "r", steps("a", "b", "c"), "b");
      const again = await stage.controller("c1");
      expect(await outputOf(again, "r")).toHaveLength(3);
      expect(stage.notes()).toEqual(["r a", "r b", "r b", "r c"]);
    });

    it("rejects with the error of the body, of the same kind on replay, without running it again", async () => {
      const first = await stage.controller("c1");
      const acts: Act[] = [
        { act: "fail", name: "adapter", kind: "adapter" },
        { act: "fail", name: "type", kind: "type" },
      ];
      await start(first, "straight", acts);
      const straight = await outputOf(first, "straight");
      expect(straight).toEqual([
        { adapter: true, code: "gone", retryable: true, message: "the target is gone" },
        { adapter: false, name: "TypeError", message: "not of this kind" },
      ]);
      await crashIn(first, "r", [...acts, ...steps("held")], "held");
      const second = await stage.controller("c2");
      await second.engine.takeOver(["c1"]);
      expect(await outputOf(second, "r")).toEqual([...(straight as Json[]), { by: "c2" }]);
      expect([noted("r adapter"), noted("r type")]).toEqual([1, 1]);
    });

    it("gives the recorded time on replay", async () => {
      const first = await stage.controller("c1");
      const acts: Act[] = [...steps("a"), { act: "now" }, ...steps("held"), { act: "now" }];
      await crashIn(first, "r", acts, "held");
      const crashedMs = stage.nowMs();
      await stage.pass(300);
      const second = await stage.controller("c2");
      await second.engine.takeOver(["c1"]);
      const [, before, , after] = (await outputOf(second, "r")) as number[];
      expect(before).toBeLessThanOrEqual(crashedMs);
      expect(after).toBeGreaterThanOrEqual(crashedMs + 300);
    });

    it("sleeps until the time it first set, whoever wakes it", async () => {
      const first = await stage.controller("c1");
      await start(first, "r", [...steps("a"), { act: "now" }, { act: "sleep", ms: longMs }, { act: "now" }]);
      await until(() => noted("r a") === 1);
      await stage.pass(500);
      await first.crash();
      await stage.pass(longMs);
      const second = await stage.controller("c2");
      const takenMs = stage.nowMs();
      await second.engine.takeOver(["c1"]);
      const [, before, , after] = (await outputOf(second, "r")) as [Json, number, Json, number];
      expect(after - before).toBeGreaterThanOrEqual(longMs);
      expect(after - takenMs).toBeLessThan(longMs);
    });

    it("does not sleep less than it was told", async () => {
      const c = await stage.controller("c1");
      await start(c, "r", [{ act: "now" }, { act: "sleep", ms: 300 }, { act: "now" }, { act: "sleep", ms: 0 }]);
      const [before, , after] = (await outputOf(c, "r")) as [number, Json, number];
      expect(after - before).toBeGreaterThanOrEqual(300);
    });

    it("gives null when no message came in time, counted from the first arrival", async () => {
      const first = await stage.controller("c1");
      await start(first, "r", [...steps("a"), { act: "receive", topic: "t", timeoutMs: longMs }, { act: "now" }]);
      await until(() => noted("r a") === 1);
      await stage.pass(500);
      await first.crash();
      await stage.pass(longMs);
      const second = await stage.controller("c2");
      const takenMs = stage.nowMs();
      await second.engine.takeOver(["c1"]);
      const [, message, atMs] = (await outputOf(second, "r")) as [Json, Json, number];
      expect(message).toBeNull();
      expect(atMs - takenMs).toBeLessThan(longMs);
    });

    it("looks once when it may not wait for a message", async () => {
      const c = await stage.controller("c1");
      await start(c, "r", [{ act: "receive", topic: "t", timeoutMs: 0 }]);
      expect(await outputOf(c, "r")).toEqual([null]);
    });

    it("gives each message once, in order, by topic, however often it was sent", async () => {
      const c = await stage.controller("c1");
      const receive = (topic: string, timeoutMs = waitMs): Act => ({ act: "receive", topic, timeoutMs });
      stage.hold("a");
      await start(c, "r", [...steps("a"), receive("t"), receive("u"), receive("t"), receive("t"), receive("t", 200)]);
      for (const [topic, n] of [
        ["t", 1],
        ["t", 2],
        ["u", 3],
        ["t", 2],
        ["t", 4],
        ["t", 1],
      ] as const)
        await c.engine.send("r", topic, { n }, `m${n}`);
      stage.release("a");
      expect(await outputOf(c, "r")).toEqual([{ by: "c1" }, { n: 1 }, { n: 3 }, { n: 2 }, { n: 4 }, null]);
      await c.engine.send("r", "t", { n: 5 }, "m5");
    });

    it("wakes the receiver soon", async () => {
      const c = await stage.controller("c1");
      await start(c, "r", [...steps("a"), { act: "receive", topic: "t", timeoutMs: waitMs }, { act: "now" }]);
      await until(() => noted("r a") === 1);
      await stage.pass(300);
      const sentMs = stage.nowMs();
      await c.engine.send("r", "t", "go", "m1");
      const [, message, atMs] = (await outputOf(c, "r")) as [Json, string, number];
      expect(message).toBe("go");
      expect(atMs - sentMs).toBeLessThan(4_000);
    });

    it("keeps what was sent before, while and after its controller died", async () => {
      const first = await stage.controller("c1");
      const receive: Act = { act: "receive", topic: "t", timeoutMs: waitMs };
      stage.hold("held");
      await start(first, "r", [receive, ...steps("held"), receive, receive, receive]);
      await first.engine.send("r", "t", 1, "m1");
      await first.engine.send("r", "t", 2, "m2");
      await until(() => noted("r held") === 1);
      const second = await stage.controller("c2");
      await first.crash();
      await second.engine.send("r", "t", 3, "m3");
      await second.engine.send("r", "t", 1, "m1");
      stage.release("held");
      await second.engine.takeOver(["c1"]);
      await second.engine.send("r", "t", 4, "m4");
      expect(await outputOf(second, "r")).toEqual([1, { by: "c2" }, 2, 3, 4]);
    });

    it("takes over what the dead left, each run once, and leaves alone what lives or has ended", async () => {
      const first = await stage.controller("c1");
      await start(first, "ended", steps("x"));
      await outputOf(first, "ended");
      stage.hold("b");
      for (const id of ["r1", "r2", "r3"]) await start(first, id, steps("a", "b"));
      await until(() => ["r1", "r2", "r3"].every((id) => noted(`${id} b`) === 1));
      const [second, third] = [await stage.controller("c2"), await stage.controller("c3")];
      // Any controller that lives may carry out what is started: the dead one has to be dead before that.
      await first.crash();
      await start(second, "own", steps("b"));
      await until(() => noted("own b") === 1);
      const taken = await Promise.all([second.engine.takeOver(["c1"]), third.engine.takeOver(["c1"])]);
      expect(taken.flat().toSorted()).toEqual(["r1", "r2", "r3"]);
      expect(await third.engine.takeOver([])).toEqual([]);
      await until(async () =>
        (await second.engine.list({ state: "pending" })).every((s) => s.controller !== undefined),
      );
      expect(await third.engine.takeOver(["c1", "nobody"])).toEqual([]);
      stage.release("b");
      for (const id of ["r1", "r2", "r3", "own"]) await outputOf(second, id);
      expect(["r1 a", "r2 a", "r3 a", "own b"].map(noted)).toEqual([1, 1, 1, 1]);
    });

    it("records nothing of a controller that was taken for dead and wakes up", async () => {
      const first = await stage.controller("c1");
      stage.hold("b");
      await start(first, "r", steps("a", "b", "c"));
      await until(() => noted("r b") === 1);
      await first.pause();
      const second = await stage.controller("c2");
      await second.engine.takeOver(["c1"]);
      await until(() => noted("r b") === 2);
      await first.wake();
      stage.release("b");
      expect(await outputOf(second, "r")).toEqual([
        { by: "c1" },
        { by: expect.any(String) as string },
        { by: expect.any(String) as string },
      ]);
      await stage.pass(500);
      expect(["r a", "r b", "r c"].map(noted)).toEqual([1, 2, 1]);
    });

    it("prunes ended runs with all they recorded, in portions, and never one that is pending", async () => {
      const c = await stage.controller("c1");
      stage.hold("held");
      await start(c, "pending", steps("held"));
      await start(c, "failed", [{ act: "throw", message: "no way on" }]);
      await c.engine.wait("failed", waitMs);
      await stage.pass(20);
      await start(c, "succeeded", [{ act: "receive", topic: "t", timeoutMs: 0 }, ...steps("a")]);
      await outputOf(c, "succeeded");
      await c.engine.send("succeeded", "t", "late", "m1");
      const beforeMs = stage.nowMs() + waitMs;
      expect(await c.engine.prune(beforeMs, 1)).toBe(1);
      expect(await c.engine.get("failed")).toBeUndefined();
      expect(await c.engine.prune(beforeMs, 10)).toBe(1);
      expect((await c.engine.list()).map((s) => s.id)).toEqual(["pending"]);
      await expect(c.engine.send("succeeded", "t", 1, "m2")).rejects.toMatchObject({ code: "unknown-run" });
      await start(c, "succeeded", [{ act: "receive", topic: "t", timeoutMs: 0 }]);
      expect(await outputOf(c, "succeeded")).toEqual([null]);
      stage.release("held");
      expect(await outputOf(c, "pending")).toEqual([{ by: "c1" }]);
    });

    it("keeps a run that ended at the time or later, and one that a dead controller left unfinished", async () => {
      const first = await stage.controller("c1");
      const beforeMs = stage.nowMs() - waitMs;
      await start(first, "ended", steps("x"));
      await outputOf(first, "ended");
      await crashIn(first, "left", steps("a", "b"), "b");
      const second = await stage.controller("c2");
      expect(await second.engine.prune(beforeMs, 10)).toBe(0);
      expect(await second.engine.prune(stage.nowMs() + waitMs, 10)).toBe(1);
      expect(await second.engine.takeOver(["c1"])).toEqual(["left"]);
      expect(await outputOf(second, "left")).toEqual([{ by: "c1" }, { by: "c2" }]);
    });

    it("records the step under way when it is shut down, and leaves the rest to the next", async () => {
      const first = await stage.controller("c1");
      stage.hold("b");
      await start(first, "r", [...steps("a", "b", "c"), { act: "sleep", ms: 50 }]);
      await until(() => noted("r b") === 1);
      const down = first.engine.shutdown();
      await stage.pass(200);
      stage.release("b");
      await down;
      const second = await stage.controller("c2");
      expect(await second.engine.takeOver(["c1"])).toEqual(["r"]);
      expect(await outputOf(second, "r")).toEqual([{ by: "c1" }, { by: "c1" }, { by: "c2" }, null]);
      expect(stage.notes()).toEqual(["r a", "r b", "r c"]);
    });
  });
}
