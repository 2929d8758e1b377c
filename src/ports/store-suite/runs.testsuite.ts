import { beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../kernel/digest.ts";
import type { Diagnosis } from "../../loop/diagnosis/diagnosis.ts";
import type { Run } from "../../loop/run/run.ts";
import type { Store } from "../store.ts";
import { fresh, samplePlan, sampleRun, intentOf, outcomeOf, decisionAt } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function runsSuite(opened: () => StoreUnderTest): void {
  describe("runs", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });

    it("keep the latest diagnosis, plans by digest and decisions in order", async () => {
      const incidentId = fresh("inc");
      const diagnosis = (atMs: number): Diagnosis => ({
        incidentId,
        atMs,
        hypotheses: [],
        missing: ["no traces for cart"],
        inputs: digestOf(atMs),
      });
      expect(await store.runs.latestDiagnosis(incidentId)).toBeUndefined();
      await store.runs.saveDiagnosis(diagnosis(1));
      await store.runs.saveDiagnosis(diagnosis(2));
      expect(await store.runs.latestDiagnosis(incidentId)).toEqual(diagnosis(2));

      const plan = samplePlan();
      await store.runs.savePlan(digestOf(plan), plan);
      await store.runs.savePlan(digestOf(plan), plan);
      expect(await store.runs.plan(digestOf(plan))).toEqual(plan);
      expect(await store.runs.plan(digestOf("another"))).toBeUndefined();

      for (const atMs of [1, 2, 3]) await store.runs.saveDecision(incidentId, decisionAt(atMs));
      expect(await store.runs.decisions(incidentId)).toEqual([1, 2, 3].map(decisionAt));
    });

    it("are started once, also when the start is replayed", async () => {
      const run = sampleRun();
      await store.runs.startRun(run);
      await store.runs.setState(run.id, "verifying", 20);
      await store.runs.startRun(run);
      expect(await store.runs.run(run.id)).toEqual({ ...run, state: "verifying" });
      expect(await store.runs.run("nobody")).toBeUndefined();
    });

    it("take one intent a key: the same again is known, another is refused", async () => {
      const run = sampleRun();
      await store.runs.startRun(run);
      const intent = intentOf(run.id, "switch");
      expect(await store.runs.intend(run.id, intent)).toBe(true);
      expect(await store.runs.intend(run.id, intent)).toBe(true);
      expect(await store.runs.intend(run.id, { ...intent, parameters: { to: "v0" } })).toBe(false);
      expect((await store.runs.run(run.id))?.intents).toEqual([intent]);
    });

    it("let one of many different intents of a key win", async () => {
      const run = sampleRun();
      await store.runs.startRun(run);
      const tries = [1, 2, 3, 4, 5].map((fencingToken) =>
        store.runs.intend(run.id, intentOf(run.id, "switch", { fencingToken })),
      );
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    });

    it("tell intents and outcomes in the order they were written, state, end and verification", async () => {
      const run = sampleRun();
      await store.runs.startRun(run);
      for (const step of ["b", "a", "a/undo"]) {
        await store.runs.intend(run.id, intentOf(run.id, step));
        if (step !== "a/undo") await store.runs.complete(run.id, outcomeOf(run.id, step));
      }
      await store.runs.complete(run.id, outcomeOf(run.id, "b", { attempts: 2 }));
      await store.runs.setState(run.id, "succeeded", 30);
      const verification = { verdict: "pass" as const, gates: [], atMs: 29 };
      await store.runs.saveVerification(run.id, verification);
      const whole = {
        ...run,
        state: "succeeded",
        endedAtMs: 30,
        intents: ["b", "a", "a/undo"].map((step) => intentOf(run.id, step)),
        outcomes: [outcomeOf(run.id, "b", { attempts: 2 }), outcomeOf(run.id, "a")],
        verification,
      };
      expect(await store.runs.run(run.id)).toEqual(whole);
      const later = sampleRun({ incidentId: run.incidentId, startedAtMs: 40 });
      await store.runs.startRun(later);
      expect(await store.runs.runsOf(run.incidentId)).toEqual([whole, later]);
    });

    it("are counted by restraints: those started since, and any that still runs", async () => {
      const environment = fresh("env");
      const plan = samplePlan({ environment });
      const planDigest = digestOf(plan);
      await store.runs.savePlan(planDigest, plan);
      const started = async (startedAtMs: number, state: Run["state"], endedAtMs = 0): Promise<Run> => {
        const run = sampleRun({ planDigest, startedAtMs });
        await store.runs.startRun(run);
        if (state !== "acting") await store.runs.setState(run.id, state, endedAtMs);
        return run;
      };
      const base = 5_000_000;
      await started(base - 100, "succeeded", base - 50);
      const running = await started(base - 90, "rolling-back", base - 1);
      const parked = await started(base, "parked", base + 1);
      const stood = await started(base + 2, "stood-down", base + 3);
      const good = await started(base + 4, "succeeded", base + 5);
      const facts = (await store.runs.history(base)).filter((fact) => fact.environment === environment);
      const fact = (run: Run, outcome: string, endedAtMs?: number) => ({
        runId: run.id,
        incidentId: run.incidentId,
        runbook: "release-rollback",
        service: "cart",
        environment,
        outcome,
        startedAtMs: run.startedAtMs,
        ...(endedAtMs === undefined ? {} : { endedAtMs }),
      });
      expect(facts).toEqual([
        fact(running, "running"),
        fact(parked, "failed", base + 1),
        fact(stood, "stood-down", base + 3),
        fact(good, "succeeded", base + 5),
      ]);
    });
  });
}
