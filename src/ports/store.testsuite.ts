import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJson } from "../kernel/canonical-json.ts";
import { digestOf, sha256Hex, type Digest } from "../kernel/digest.ts";
import type { AuditRecord } from "../loop/audit/record.ts";
import type { ApprovalAnswer, Decision, StopEntry } from "../loop/decision/decision.ts";
import { durationBoundsMs, type RedBucket } from "../loop/detection/red.ts";
import type { Diagnosis } from "../loop/diagnosis/diagnosis.ts";
import type { Incident } from "../loop/incident/incident.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { Run, StepIntent, StepOutcome } from "../loop/run/run.ts";
import type { AlertSignal, ChangeSignal } from "../loop/signal/signal.ts";
import type { ApprovalRequest, LearnedRow, Store } from "./store.ts";

/** A store to hold to the contract. `pass` lets that much time go by on the clock its leases run on. */
export interface StoreUnderTest {
  readonly store: Store;
  pass(ms: number): Promise<void>;
}

let count = 0;
/** Names are new in every test, so that tests share one store as controllers share one database. */
const fresh = (what: string): string => `${what}-${process.pid}-${++count}`;

export const sampleIncident = (over: Partial<Incident> = {}): Incident => ({
  id: fresh("inc"),
  environment: "prod",
  state: "open",
  severity: 2,
  services: ["cart"],
  openedAtMs: 1_000,
  sinceMs: 900,
  updatedAtMs: 1_000,
  findings: [],
  alerts: [],
  changes: [],
  timeline: [{ atMs: 1_000, kind: "state", actor: { kind: "homeostat", name: "homeostat" }, text: "open" }],
  traceId: "0".repeat(32),
  ...over,
});

const alert = (over: Partial<AlertSignal> = {}): AlertSignal => ({
  kind: "alert",
  fingerprint: "f",
  name: "Errors",
  status: "firing",
  service: "cart",
  environment: "prod",
  severity: "page",
  labels: {},
  annotations: {},
  startsAtMs: 5,
  ...over,
});
const change = (over: Partial<ChangeSignal> = {}): ChangeSignal => ({
  kind: "change",
  id: "c",
  change: "release",
  service: "cart",
  environment: "prod",
  timeMs: 5,
  source: "event",
  ...over,
});

const samplePlan = (over: Partial<Plan> = {}): Plan => ({
  v: 1,
  incidentId: fresh("inc"),
  hypothesisId: "h",
  runbook: { name: "release-rollback", version: "1", digest: digestOf("runbook"), risk: "medium", escalates: false },
  service: "cart",
  environment: "prod",
  confidence: 0.8,
  configCommit: "abc",
  targetState: digestOf("target"),
  preconditions: [],
  steps: [],
  verify: { gates: [], withinMs: 1, bakeMs: 1, inconclusive: "hold" },
  expected: "fewer errors",
  ...over,
});
const sampleRun = (over: Partial<Run> = {}): Run => ({
  id: fresh("run"),
  incidentId: fresh("inc"),
  planDigest: digestOf("plan"),
  state: "acting",
  intents: [],
  outcomes: [],
  startedAtMs: 10,
  ...over,
});
const intentOf = (runId: string, step: string, over: Partial<StepIntent> = {}): StepIntent => ({
  key: `${runId}/${step}`,
  action: "release.switch",
  service: "cart",
  parameters: { to: "v1" },
  before: { release: "v2" },
  planDigest: digestOf("plan"),
  decisionDigest: digestOf("decision"),
  configCommit: "abc",
  fencingToken: 3,
  atMs: 11,
  ...over,
});
const outcomeOf = (runId: string, step: string, over: Partial<StepOutcome> = {}): StepOutcome => ({
  key: `${runId}/${step}`,
  effect: "applied",
  detail: "done",
  attempts: 1,
  atMs: 12,
  ...over,
});
const decisionAt = (atMs: number): Decision => ({
  effect: "deny",
  planDigest: digestOf("plan"),
  configCommit: "abc",
  reasons: [{ source: "policy", name: "p", text: "no" }],
  errors: [],
  atMs,
});

const requestFor = (over: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  planDigest: digestOf(fresh("plan")),
  incidentId: "inc",
  runId: "run-a",
  wanted: { quorum: 2, roles: [], expiresInMs: 100 },
  requestedAtMs: 0,
  expiresAtMs: 100,
  state: "open",
  answers: [],
  ...over,
});
const answerOf = (
  planDigest: Digest,
  by: string,
  answer: ApprovalAnswer["answer"] = "approve",
  atMs = 1,
): ApprovalAnswer => ({ answer, planDigest, by, roles: ["sre"], atMs });

export const sampleLeaf = (
  key: string,
  body: AuditRecord["body"] = {},
): { record: AuditRecord; canonical: string; leafHash: string } => {
  const record: AuditRecord = {
    v: 1,
    key,
    type: "incident.opened",
    atMs: 1,
    actor: { kind: "homeostat", name: "homeostat" },
    subject: "inc",
    configCommit: "abc",
    body,
  };
  const canonical = canonicalJson(record);
  return { record, canonical, leafHash: sha256Hex(canonical) };
};

const bucket = (series: string, startMs: number, counts: number): RedBucket => ({
  series,
  startMs,
  count: counts,
  errors: 1,
  ownErrors: 1,
  durationSumMs: counts * 1.5,
  durations: durationBoundsMs.map(() => 0).concat(counts),
});

const token = (over: object = {}) => ({
  sha256: sha256Hex(fresh("token")),
  name: "ann",
  scopes: ["read"],
  roles: ["sre"],
  singleUse: false,
  ...over,
});

const item = (id: string, signal: AlertSignal | ChangeSignal = alert()) => ({ id, signal, receivedAtMs: 7 });

/** What every store must do. `openStore` is called once; `Store` methods of one test do not meet those of another. */
export function storeSuite(vendor: string, openStore: () => Promise<StoreUnderTest>): void {
  describe(`store ${vendor}`, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeAll(async () => {
      under = await openStore();
      store = under.store;
    });
    afterAll(() => under?.store.close());

    async function kept(incident: Incident): Promise<Incident> {
      const snapshot = structuredClone(incident);
      expect(await store.incidents.save(incident, 0)).toBe(true);
      return snapshot;
    }
    async function taken(name: string, holder: string, ttlMs: number) {
      const lease = await store.leases.acquire(name, holder, ttlMs);
      if (!lease) throw new Error(`${name} is not free`);
      return lease;
    }
    const asked = async (over: Partial<ApprovalRequest> = {}): Promise<ApprovalRequest> => {
      const request = requestFor(over);
      await store.approvals.request(request);
      return request;
    };
    const approved = async (): Promise<ApprovalRequest> => {
      const request = await asked({ wanted: { quorum: 1, roles: [], expiresInMs: 100 } });
      await store.approvals.answer(answerOf(request.planDigest, "ann"));
      return request;
    };
    const drain = async () => {
      for (let items = await store.inbox.claim("x", 100); items.length > 0; items = await store.inbox.claim("x", 100))
        await store.inbox.done(items.map((i) => i.id));
    };

    describe("incidents", () => {
      it("are written only over the version that was read", async () => {
        const incident = sampleIncident();
        expect(await store.incidents.save(incident, 1)).toBe(false);
        expect(await store.incidents.save(incident, 0)).toBe(true);
        expect(await store.incidents.save(incident, 0)).toBe(false);
        expect(await store.incidents.get(incident.id)).toEqual({ incident, version: 1 });
        const worse = { ...incident, severity: 1 as const };
        expect(await store.incidents.save(worse, 1)).toBe(true);
        expect(await store.incidents.save(incident, 1)).toBe(false);
        expect(await store.incidents.get(incident.id)).toEqual({ incident: worse, version: 2 });
        expect(await store.incidents.get("nobody")).toBeUndefined();
      });

      it("lose no change when many write at once and retry", async () => {
        const { id } = await kept(sampleIncident({ severity: 4, services: [] }));
        const add = async (service: string): Promise<void> => {
          for (let i = 0; i < 100; i++) {
            const found = await store.incidents.get(id);
            if (!found) throw new Error("gone");
            const services = [...found.incident.services, service];
            if (await store.incidents.save({ ...found.incident, services }, found.version)) return;
          }
          throw new Error("never written");
        };
        const names = ["a", "b", "c", "d", "e"];
        await Promise.all(names.map(add));
        expect((await store.incidents.get(id))?.incident.services.toSorted()).toEqual(names);
      });

      it("are listed newest first, by life, environment and time, up to a limit", async () => {
        const environment = fresh("env");
        const [old, mid, recent] = [
          await kept(sampleIncident({ environment, openedAtMs: 1 })),
          await kept(sampleIncident({ environment, openedAtMs: 2, state: "resolved" })),
          await kept(sampleIncident({ environment, openedAtMs: 3 })),
        ];
        expect(await store.incidents.list({ environment, limit: 10 })).toEqual([recent, mid, old]);
        expect(await store.incidents.list({ environment, limit: 2 })).toEqual([recent, mid]);
        expect(await store.incidents.list({ environment, limit: 9, live: true })).toEqual([recent, old]);
        expect(await store.incidents.list({ environment, limit: 9, live: false })).toEqual([mid]);
        expect(await store.incidents.list({ environment, limit: 9, beforeMs: 3 })).toEqual([mid, old]);
        expect((await store.incidents.list({ limit: 1000 })).map((i) => i.id)).toContain(old.id);
      });

      it("move between live and ended as their state does", async () => {
        const environment = fresh("env");
        const incident = await kept(sampleIncident({ environment }));
        await store.incidents.save({ ...incident, state: "resolved" }, 1);
        expect(await store.incidents.list({ environment, limit: 9, live: true })).toEqual([]);
        await store.incidents.save({ ...incident, state: "open" }, 2);
        expect(await store.incidents.list({ environment, limit: 9, live: true })).toHaveLength(1);
      });

      it("share no state with whoever wrote or read them", async () => {
        const services = ["cart"];
        const { id } = await kept(sampleIncident({ services }));
        services.push("changed later");
        const read = await store.incidents.get(id);
        const tamper = () => Object.assign(read?.incident.services ?? [], { 0: "changed by a reader" });
        // Refusing the change is as good as giving a copy.
        if (!Object.isFrozen(read?.incident.services)) tamper();
        expect((await store.incidents.get(id))?.incident.services).toEqual(["cart"]);
      });

      it("keep any text, also NUL, quotes and what is no ASCII", async () => {
        const environment = `${fresh("env")} ' " \\ \\u0000 \u0000 ü 💥`;
        const incident = await kept(sampleIncident({ environment, services: ["a\u0000b", "x\\u0000y", "'; drop--"] }));
        expect((await store.incidents.get(incident.id))?.incident).toEqual(incident);
        expect(await store.incidents.list({ environment, limit: 1 })).toEqual([incident]);
      });
    });

    describe("runs", () => {
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

    describe("approvals", () => {
      it("take one answer a person, and are approved by as many as are wanted", async () => {
        const request = await asked();
        const { planDigest } = request;
        expect(await store.approvals.get(planDigest)).toEqual(request);
        const ann = answerOf(planDigest, "ann");
        expect(await store.approvals.answer(ann)).toEqual({ ...request, answers: [ann] });
        expect((await store.approvals.answer({ ...ann, answer: "deny" }))?.answers).toEqual([ann]);
        const bob = answerOf(planDigest, "bob");
        expect(await store.approvals.answer(bob)).toMatchObject({ state: "approved", answers: [ann, bob] });
        expect(await store.approvals.answer(answerOf(planDigest, "eve"))).toBeUndefined();
        expect(await store.approvals.answer(answerOf(digestOf("unknown"), "ann"))).toBeUndefined();
      });

      it("count one person once, however many answers come at once", async () => {
        const { planDigest } = await asked();
        await Promise.all(Array.from({ length: 8 }, () => store.approvals.answer(answerOf(planDigest, "ann"))));
        expect(await store.approvals.get(planDigest)).toMatchObject({ state: "open", answers: [{ by: "ann" }] });
      });

      it("are denied by one no, and take no answer once they expired", async () => {
        const denied = await asked();
        const no = answerOf(denied.planDigest, "ann", "deny");
        expect(await store.approvals.answer(no)).toMatchObject({ state: "denied", answers: [no] });
        expect(await store.approvals.answer(answerOf(denied.planDigest, "bob"))).toBeUndefined();
        const late = await asked();
        expect(await store.approvals.answer(answerOf(late.planDigest, "ann", "approve", 100))).toBeUndefined();
      });

      it("are used once, by their own run, as often as that run replays", async () => {
        const { planDigest } = await approved();
        expect(await store.approvals.consume(planDigest, "run-b", 2)).toBe(false);
        const tries = await Promise.all([1, 2, 3].map(() => store.approvals.consume(planDigest, "run-a", 2)));
        expect(tries).toEqual([true, true, true]);
        expect(await store.approvals.consume(planDigest, "run-a", 1_000)).toBe(true);
        expect(await store.approvals.consume(planDigest, "run-b", 2)).toBe(false);
        expect((await store.approvals.get(planDigest))?.state).toBe("consumed");
      });

      it("cannot be used while open, once denied, or too late", async () => {
        const open = await asked();
        expect(await store.approvals.consume(open.planDigest, "run-a", 2)).toBe(false);
        await store.approvals.answer(answerOf(open.planDigest, "ann", "deny"));
        await store.approvals.setState(open.planDigest, "run-a", "approved");
        expect(await store.approvals.consume(open.planDigest, "run-a", 2)).toBe(false);
        const late = await approved();
        expect(await store.approvals.consume(late.planDigest, "run-a", 100)).toBe(false);
      });

      it("keep their answers when the same run asks again, and start anew for another run", async () => {
        const request = await approved();
        await store.approvals.request(request);
        expect((await store.approvals.get(request.planDigest))?.answers).toHaveLength(1);
        await store.approvals.request({ ...request, runId: "run-b", requestedAtMs: 50 });
        expect(await store.approvals.get(request.planDigest)).toEqual({
          ...request,
          runId: "run-b",
          requestedAtMs: 50,
        });
        expect(await store.approvals.consume(request.planDigest, "run-a", 60)).toBe(false);
        expect(await store.approvals.consume(request.planDigest, "run-b", 60)).toBe(false);
        await store.approvals.setState(request.planDigest, "run-a", "expired");
        expect((await store.approvals.get(request.planDigest))?.state).toBe("open");
      });

      it("are listed while open", async () => {
        const [first, second] = [await asked(), await asked({ requestedAtMs: 1 })];
        await store.approvals.setState(first.planDigest, first.runId, "expired");
        const open = (await store.approvals.open()).map((r) => r.planDigest);
        expect(open).toContain(second.planDigest);
        expect(open).not.toContain(first.planDigest);
      });
    });

    describe("stops", () => {
      it("are one a scope, and say whether there was one to lift", async () => {
        const scope = { kind: "service" as const, value: fresh("cart") };
        const entry: StopEntry = { scope, by: "ann", reason: "maintenance", atMs: 1 };
        await store.stops.set(entry);
        await store.stops.set({ ...entry, reason: "still" });
        const mine = async () => (await store.stops.list()).filter((e) => e.scope.value === scope.value);
        expect(await mine()).toEqual([{ ...entry, reason: "still" }]);
        expect(await store.stops.lift({ kind: "runbook", value: scope.value })).toBe(false);
        expect(await store.stops.lift(scope)).toBe(true);
        expect(await store.stops.lift(scope)).toBe(false);
        expect(await mine()).toEqual([]);
      });
    });

    describe("leases", () => {
      const long = 600_000;

      it("are held by one, and kept with their token by who acquires again", async () => {
        const name = fresh("target");
        const lease = await taken(name, "a", long);
        expect(lease).toMatchObject({ name, holder: "a" });
        expect(await store.leases.acquire(name, "b", long)).toBeUndefined();
        expect((await taken(name, "a", long)).token).toBe(lease.token);
        expect(await store.leases.holds(lease)).toBe(true);
        expect(await store.leases.current(name)).toMatchObject({ holder: "a", token: lease.token });
        expect(await store.leases.current(fresh("nobody"))).toBeUndefined();
      });

      it("go to exactly one of many who race", async () => {
        const name = fresh("target");
        const holders = Array.from({ length: 10 }, (_, i) => `h${i}`);
        const won = (await Promise.all(holders.map((h) => store.leases.acquire(name, h, long)))).filter(Boolean);
        expect(won).toHaveLength(1);
      });

      it("get a larger token with every change of hands, also back to the same holder", async () => {
        const name = fresh("target");
        const first = await taken(name, "a", 30);
        await under.pass(60);
        const again = await taken(name, "a", 30);
        expect(again.token).toBeGreaterThan(first.token);
        await under.pass(60);
        const other = await taken(name, "b", long);
        expect(other.token).toBeGreaterThan(again.token);
        await store.leases.release(other);
        expect((await taken(name, "b", long)).token).toBeGreaterThan(other.token);
      });

      it("are lost when they run out, and nothing of the old holder counts afterwards", async () => {
        const name = fresh("target");
        const old = await taken(name, "a", 30);
        await under.pass(60);
        expect(await store.leases.holds(old)).toBe(false);
        expect(await store.leases.renew(old, long)).toBe(false);
        const now = await taken(name, "b", long);
        await store.leases.release(old);
        expect(await store.leases.renew(old, long)).toBe(false);
        expect(await store.leases.holds(now)).toBe(true);
      });

      it("last longer when renewed, and end when released", async () => {
        const name = fresh("target");
        const lease = await taken(name, "a", 2_000);
        expect(await store.leases.renew(lease, long)).toBe(true);
        await under.pass(2_100);
        expect(await store.leases.holds(lease)).toBe(true);
        await store.leases.release(lease);
        expect(await store.leases.holds(lease)).toBe(false);
        expect(await store.leases.current(name)).toBeUndefined();
      });

      it("that ran out are found by prefix, which is no pattern", async () => {
        const prefix = `${fresh("controller")}_%/`;
        const dead = await taken(`${prefix}x`, "x", 10);
        await taken(`${prefix}y`, "y", long);
        await taken(`${prefix.replace("_%", "ab")}z`, "z", 10);
        await under.pass(40);
        expect(await store.leases.expired(prefix)).toEqual([dead]);
      });
    });

    describe("known-good states", () => {
      it("are listed most recent first, per target and aspect, up to a limit", async () => {
        const service = fresh("cart");
        for (const release of ["v1", "v2", "v3"])
          await store.knownGood.record(service, "prod", "release", { release }, 1, 2);
        await store.knownGood.record(service, "test", "release", "other", 1, 2);
        await store.knownGood.record(service, "prod", "flags", null, 3, 4);
        const releases = (await store.knownGood.list(service, "prod", "release", 2)).map((s) => s.value);
        expect(releases).toEqual([{ release: "v3" }, { release: "v2" }]);
        expect(await store.knownGood.list(service, "prod", "flags", 5)).toEqual([{ value: null, sinceMs: 3, atMs: 4 }]);
        expect(await store.knownGood.list(service, "prod", "config", 5)).toEqual([]);
        const latest = await store.knownGood.latest([service, "nobody"], "prod");
        expect(latest.toSorted((a, b) => (a.aspect < b.aspect ? -1 : 1))).toEqual([
          { service, aspect: "flags", value: null },
          { service, aspect: "release", value: releases[0] },
        ]);
      });

      it("are kept up to 50 an aspect", async () => {
        const service = fresh("cart");
        for (let i = 0; i < 55; i++) await store.knownGood.record(service, "prod", "release", i, i, i);
        const all = await store.knownGood.list(service, "prod", "release", 1000);
        expect(all.map((s) => s.value)).toEqual(Array.from({ length: 50 }, (_, i) => 54 - i));
      });
    });

    describe("the inbox", () => {
      it("takes an id once, also within one delivery", async () => {
        await drain();
        const [a, b] = [item(fresh("a")), item(`${fresh("b")} \u0000`)];
        expect(await store.inbox.put([a, b, a])).toBe(2);
        expect(await store.inbox.put([b, a])).toBe(0);
        expect(await store.inbox.put([])).toBe(0);
        expect(await store.inbox.pending()).toBe(2);
        expect(await store.inbox.claim("x", 10)).toEqual([a, b]);
        await store.inbox.done([a.id, b.id, "unknown"]);
        expect(await store.inbox.pending()).toBe(0);
        expect(await store.inbox.put([a])).toBe(0);
        expect(await store.inbox.claim("x", 10)).toEqual([]);
      });

      it("hands the oldest out first, and each to one claimer", async () => {
        await drain();
        const items = Array.from({ length: 40 }, () => item(fresh("i")));
        await store.inbox.put(items);
        expect(await store.inbox.claim("x", 3)).toEqual(items.slice(0, 3));
        const claims = await Promise.all(Array.from({ length: 8 }, (_, i) => store.inbox.claim(`c${i}`, 6)));
        const ids = claims.flat().map((i) => i.id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(await store.inbox.pending()).toBe(40);
      });

      it("tells changes of an environment by time, processed or not", async () => {
        const environment = fresh("env");
        const made = [9, 5, 7].map((timeMs) => change({ id: fresh("change"), environment, timeMs }));
        await store.inbox.put([
          ...made.map((c) => item(c.id, c)),
          item(fresh("other"), change({ timeMs: 7 })),
          item(fresh("alert"), alert({ environment, startsAtMs: 7 })),
        ]);
        await drain();
        expect(await store.inbox.changes(environment, 6)).toEqual([made[2], made[0]]);
      });
    });

    describe("the audit log", () => {
      it("numbers records without gaps, in the order given, and knows a key it has", async () => {
        const from = await store.audit.size();
        const [a, b, c] = [sampleLeaf(fresh("k")), sampleLeaf(fresh("k"), { n: "ü\u0000" }), sampleLeaf(fresh("k"))];
        expect(await store.audit.append([a, b])).toBe(from + 2);
        expect(await store.audit.append([b, c, c])).toBe(from + 3);
        expect(await store.audit.append([])).toBe(from + 3);
        expect(await store.audit.size()).toBe(from + 3);
        const leaves = [a, b, c].map(({ record, canonical }, i) => ({ index: from + i, record, canonical }));
        expect(await store.audit.range(from, from + 3)).toEqual(leaves);
        expect(await store.audit.range(from + 1, from + 2)).toEqual([leaves[1]]);
        expect(await store.audit.leafHashes(from + 1, from + 9)).toEqual([b.leafHash, c.leafHash]);
      });

      it("stays gap-free and in each writer's order under many writers at once", async () => {
        const from = await store.audit.size();
        const writers = [0, 1, 2, 3];
        const write = async (w: number): Promise<void> => {
          for (let i = 0; i < 10; i++)
            await store.audit.append([sampleLeaf(`${from}/${w}/${i}`), sampleLeaf(`${from}/all/${i}`)]);
        };
        await Promise.all(writers.map(write));
        const leaves = await store.audit.range(from, from + 1000);
        expect(leaves.map((leaf) => leaf.index)).toEqual(Array.from({ length: 50 }, (_, i) => from + i));
        for (const w of writers) {
          const mine = leaves.map((leaf) => leaf.record.key).filter((key) => key.startsWith(`${from}/${w}/`));
          expect(mine).toEqual(Array.from({ length: 10 }, (_, i) => `${from}/${w}/${i}`));
        }
      });

      it("keeps the checkpoint of the largest size, and never another note for a size", async () => {
        const size = 1_000_000 + ++count;
        await store.audit.saveCheckpoint(size, "one");
        await store.audit.saveCheckpoint(size, "two");
        await store.audit.saveCheckpoint(size - 1, "older");
        expect(await store.audit.latestCheckpoint()).toEqual({ size, note: "one" });
      });

      it("keeps salts beside the log, one a field", async () => {
        const recordKey = fresh("k");
        const salt = { recordKey, field: "by", salt: "s", value: "ann" };
        await store.audit.saveSalts([salt, { ...salt, field: "at" }]);
        await store.audit.saveSalts([{ ...salt, salt: "another" }]);
        expect(await store.audit.salts(recordKey)).toEqual([
          { field: "at", salt: "s", value: "ann" },
          { field: "by", salt: "s", value: "ann" },
        ]);
        expect(await store.audit.salts(fresh("k"))).toEqual([]);
      });
    });

    describe("windows", () => {
      it("replace what one controller said and add up what several saw", async () => {
        const [s, t] = [fresh("s"), fresh("t")];
        await store.windows.put("a", [bucket(s, 0, 1), bucket(s, 5_000, 2), bucket(t, 5_000, 9)]);
        await store.windows.put("a", [bucket(s, 0, 10)]);
        await store.windows.put("b", [bucket(s, 0, 5)]);
        await store.windows.put("b", []);
        const joined = { ...bucket(s, 0, 15), errors: 2, ownErrors: 2 };
        expect(await store.windows.read([s], 0, 5_000)).toEqual([joined]);
        expect(await store.windows.read([s, t], 0, 5_001)).toEqual([joined, bucket(s, 5_000, 2), bucket(t, 5_000, 9)]);
        expect(await store.windows.read([], 0, 5_001)).toEqual([]);
      });

      it("take the last of the same bucket given twice at once, and many at a time", async () => {
        const s = fresh("s");
        const many = Array.from({ length: 1_000 }, (_, i) => bucket(s, i * 5_000, i));
        await store.windows.put("a", [bucket(s, 0, 7), ...many]);
        expect(await store.windows.read([s], 0, 5_000_000)).toEqual(many);
      });

      it("are pruned by age", async () => {
        const s = fresh("s");
        await store.windows.put("a", [bucket(s, -10_000, 1), bucket(s, 0, 1)]);
        expect(await store.windows.prune(0)).toBeGreaterThanOrEqual(1);
        expect(await store.windows.read([s], -20_000, 1)).toEqual([bucket(s, 0, 1)]);
      });
    });

    describe("what was learned", () => {
      const learned = (kind: string, stream: string, over: Partial<LearnedRow> = {}): LearnedRow => ({
        kind,
        stream,
        format: 1,
        learnedAtMs: 1_000,
        state: `{"of":"${stream}"}`,
        ...over,
      });

      it("is one row a stream, the one written last, read page by page in order of the streams", async () => {
        const kind = fresh("kind");
        const [a, b, c] = [learned(kind, "A"), learned(kind, "b"), learned(kind, '["ü","\u0000"]')];
        await store.learned.put([]);
        await store.learned.put([c, learned(kind, "b", { state: "older", learnedAtMs: 9_000 }), a]);
        await store.learned.put([b, learned(fresh("other"), "d")]);
        const first = await store.learned.read(kind, 0, "", 2);
        expect(first).toMatchObject({ damaged: 0, rows: [a, { ...c, stream: first.rows[1]?.stream }] });
        const last = await store.learned.read(kind, 0, first.next ?? "", 2);
        expect(last).toEqual({ rows: [b], damaged: 0, next: undefined });
        expect(await store.learned.read(fresh("none"), 0, "", 2)).toEqual({ rows: [], damaged: 0, next: undefined });
      });

      it("takes the last of the same stream given twice at once, and any text", async () => {
        const kind = fresh("kind");
        const long = { state: "ü\u0000".repeat(20_000), format: 7 };
        await store.learned.put([learned(kind, "a"), learned(kind, "a", long)]);
        expect((await store.learned.read(kind, 0, "", 9)).rows).toEqual([learned(kind, "a", long)]);
      });

      it("is not read when it is too old, and pruned by age and number, the oldest first", async () => {
        const kind = fresh("kind");
        const rows = [3, 1, 2, 4].map((at) => learned(kind, String(at), { learnedAtMs: 1e9 + at }));
        await store.learned.put([...rows, learned(kind, "ancient", { learnedAtMs: -5 })]);
        const streams = async (sinceMs: number) =>
          (await store.learned.read(kind, sinceMs, "", 9)).rows.map(({ stream }) => stream);
        expect(await streams(1e9 + 3)).toEqual(["3", "4"]);
        expect(await store.learned.prune(0, 1e6)).toBe(1);
        expect(await streams(-10)).toEqual(["1", "2", "3", "4"]);
        await store.learned.prune(0, 2);
        expect(await streams(-10)).toEqual(["3", "4"]);
      });
    });

    describe("tokens", () => {
      const shown = { name: "ann", scopes: ["read"], roles: ["sre"] };

      it("are found while valid, and never replaced", async () => {
        const [forever, brief] = [token(), token({ expiresAtMs: 10 })];
        const before = await store.tokens.count();
        await store.tokens.put(forever);
        await store.tokens.put({ ...forever, scopes: ["admin"] });
        await store.tokens.put(brief);
        expect(await store.tokens.count()).toBe(before + 2);
        expect(await store.tokens.find(forever.sha256, 1e12)).toEqual(shown);
        expect(await store.tokens.find(brief.sha256, 9)).toEqual(shown);
        expect(await store.tokens.find(brief.sha256, 10)).toBeUndefined();
        expect(await store.tokens.find(sha256Hex("unknown"), 0)).toBeUndefined();
        expect(await store.tokens.redeem(forever.sha256, 0)).toBeUndefined();
      });

      it("for one use are redeemed by one of many who race, and never found", async () => {
        const once = token({ singleUse: true, expiresAtMs: 10 });
        await store.tokens.put(once);
        expect(await store.tokens.find(once.sha256, 1)).toBeUndefined();
        expect(await store.tokens.redeem(once.sha256, 10)).toBeUndefined();
        const won = await Promise.all(Array.from({ length: 6 }, () => store.tokens.redeem(once.sha256, 1)));
        expect(won.filter(Boolean)).toEqual([shown]);
      });

      it("come with settings that are written once, the same for all who race", async () => {
        const key = fresh("setting");
        expect(await store.tokens.setting(key)).toBeUndefined();
        const given = await Promise.all([1, 2, 3, 4].map((n) => store.tokens.settingOnce(key, { n })));
        expect(new Set(given.map((value) => JSON.stringify(value))).size).toBe(1);
        expect(await store.tokens.setting(key)).toEqual(given[0]);
      });
    });
  });
}
