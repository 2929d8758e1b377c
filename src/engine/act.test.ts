import { mkdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createReleaseActuator } from "../adapters/actuator/host/release.ts";
import { testHost } from "../adapters/actuator/host/stage.testsuite.ts";
import { createMemoryStore } from "../adapters/store/memory/memory-store.ts";
import { digestOf } from "../kernel/digest.ts";
import type { Plan } from "../loop/plan/plan.ts";
import { expectationOf } from "../loop/run/target-after.ts";
import type { Actuator } from "../ports/actuator.ts";
import { act, type Act } from "./act.ts";
import { lookAt, type RunContext, type World } from "./world.ts";

const clock = { nowMs: () => Date.now() };
const context: RunContext = {
  incidentId: "inc-1",
  runId: "run-1",
  planDigest: digestOf("plan"),
  decisionDigest: digestOf("decision"),
};
const plan = {
  service: "shop",
  environment: "test",
  incidentId: "inc-1",
  runbook: { name: "release-rollback" },
  configCommit: "c1",
} as unknown as Plan;
const step: Act = {
  key: "run-1/switch",
  action: "release.switch",
  service: "shop",
  parameters: { to: "v1" },
  timeoutMs: 5_000,
};

/** Acts on a real release link at v2, with an actuator that `tamper` changed. */
async function acted(
  tamper: (actuator: Actuator, point: (to: string) => Promise<void>) => Partial<Actuator>,
  what: Act = step,
) {
  const { dir, host, end } = await testHost((at) => ({
    release: { directory: join(at, "releases"), link: join(at, "current"), manifest: "release.json" },
  }));
  const link = join(dir, "current");
  const point = async (to: string): Promise<void> => {
    await rm(link, { force: true });
    await symlink(`releases/${to}`, link);
  };
  try {
    for (const name of ["v1", "v2", "v3"]) {
      await mkdir(join(dir, "releases", name), { recursive: true });
      await writeFile(join(dir, "releases", name, "release.json"), '{"compatible": true}');
    }
    await point("v2");
    const actuator = createReleaseActuator(host);
    const store = createMemoryStore(clock);
    const world = {
      store,
      clock,
      actuators: [{ ...actuator, ...tamper(actuator, point) }],
      config: () => ({ commit: "c1" }),
      stops: () => Promise.resolve({ known: true, entries: [] }),
      record: () => Promise.resolve(),
      controller: { id: "a", current: () => Promise.resolve(true) },
      holdTarget: (name: string) => Promise.resolve({ name, holder: "run-1@a", token: 1, expiresAtMs: Infinity }),
      pause: () => Promise.resolve(),
    } as unknown as World;
    const { runId: id, incidentId, planDigest } = context;
    const startedAtMs = clock.nowMs();
    await store.runs.startRun({ id, incidentId, planDigest, state: "acting", intents: [], outcomes: [], startedAtMs });
    const result = await act(world, context, plan, what, expectationOf(await lookAt(world, "shop")), 1);
    const run = await store.runs.run("run-1");
    return { result, effects: run?.outcomes.map((o) => o.effect), link: await readlink(link).catch(() => "gone") };
  } finally {
    await end();
  }
}

test("a target nobody else touched is switched", async () => {
  const { result, effects, link } = await acted(() => ({}));
  expect(result.state).toBe("done");
  expect(effects).toEqual(["applied"]);
  expect(link).toBe("releases/v1");
});

test("who ships between the intent and the act is given way to, and nothing was done", async () => {
  const { result, effects, link } = await acted((actuator, point) => ({
    execute: async (request, signal) => {
      await point("v3");
      return actuator.execute(request, signal);
    },
  }));
  expect(result).toEqual({
    state: "stood-down",
    why: "someone else changed shop: the release is v3, by somebody else's hands",
  });
  expect(effects).toEqual(["not-applied"]);
  expect(link).toBe("releases/v3");
});

test("who ships between the act and the look at it is given way to, and the act stays on record", async () => {
  const { result, effects, link } = await acted((actuator, point) => ({
    execute: async (request, signal) => {
      const done = await actuator.execute(request, signal);
      await point("v3");
      return done;
    },
  }));
  expect(result.state).toBe("stood-down");
  expect(effects).toEqual(["applied"]);
  expect(link).toBe("releases/v3");
});

test("an act of another kind is not taken for done because somebody ships meanwhile", async () => {
  const restart: Act = { ...step, action: "process.restart", parameters: { instance: "shop-1" } };
  const { result, effects } = await acted(
    (_actuator, point) => ({
      actions: [{ name: "process.restart", idempotency: "probe" }] as unknown as Actuator["actions"],
      capture: () => Promise.resolve({ life: null }),
      execute: async () => {
        await point("v3");
        return { detail: "restarted", after: null };
      },
      probe: () => Promise.resolve("unknown"),
    }),
    restart,
  );
  expect(result.state).toBe("stood-down");
  expect(effects).toEqual(["unknown"]);
});

test("a target that cannot be read says nothing of anybody's hands: a person has to look", async () => {
  const { result, effects } = await acted((actuator, point) => ({
    execute: async (request, signal) => {
      await actuator.execute(request, signal);
      await point("../nowhere/at/all");
      throw new Error("the connection broke");
    },
  }));
  expect(result.state).toBe("parked");
  expect(effects).toEqual(["unknown"]);
});
