import { digestOf } from "../../src/kernel/digest.ts";
import type { Plan } from "../../src/loop/plan/plan.ts";
import { stopped } from "../../src/loop/decision/stop.ts";
import type { StopEntry } from "../../src/loop/decision/decision.ts";
import type { Effect } from "./effects.ts";
import { runOf, type Happened } from "./simulate.ts";
import type { Seen } from "./witness.ts";

/** An invariant that did not hold, where, and what was seen. */
export interface Violation {
  readonly invariant: `I${number}` | "half-done" | "unrecorded" | "bug" | "liveness";
  readonly text: string;
}

type Of<T extends Seen["type"]> = Extract<Seen, { type: T }>;

/** Everything a check needs, found once. */
interface Evidence extends Happened {
  readonly plans: ReadonlyMap<string, Plan>;
  readonly intents: ReadonlyMap<string, Of<"intended">>;
  of<T extends Seen["type"]>(type: T): Of<T>[];
}

/** A service that hurt without a break for this long was still hurt for anyone who looked. */
const hurtForMs = 30_000;

/** Holds the target's own ledger and what really hurt against what store and audit log say (I1 to I8). */
export async function violations(happened: Happened): Promise<Violation[]> {
  const of = <T extends Seen["type"]>(type: T): Of<T>[] => happened.seen.filter((s): s is Of<T> => s.type === type);
  const intents = new Map(of("intended").map((s) => [s.intent.key, s]));
  const digests = [...new Set(of("intended").map((s) => s.intent.planDigest))];
  const plans = new Map<string, Plan>();
  for (const digest of digests) {
    const plan = await happened.store.runs.plan(digest);
    if (plan) plans.set(digest, plan);
  }
  const evidence: Evidence = { ...happened, of, intents, plans };
  const found: Violation[] = [];
  const say = (invariant: Violation["invariant"], texts: readonly string[]): void =>
    void found.push(...texts.map((text) => ({ invariant, text })));
  say(
    "I1",
    happened.effects.flatMap((e) => decidedBefore(evidence, e)),
  );
  say("I2", [...happened.effects.flatMap((e) => intendedBefore(evidence, e)), ...(await outcomesAfter(evidence))]);
  say("I3", oncePerKey(happened.effects));
  say("I4", [...entitledOnly(happened.effects), ...neverBetween(happened.effects)]);
  say("I5", [...plans.values()].flatMap(undoable));
  say("I6", resolvedWhileHurt(evidence));
  say("I7", actedBlindly(evidence));
  say(
    "I8",
    happened.effects.flatMap((e) => actedWhileStopped(evidence, e)),
  );
  say("half-done", await leftHalfDone(evidence));
  say("unrecorded", await unrecorded(evidence));
  say("bug", [...happened.bugs, ...stuckEndings(evidence)]);
  say("liveness", unfinished(happened));
  return found;
}

/** I1: an allow, or an ask with its approval used up, recorded earlier, that names policies, the plan and the commit. */
function decidedBefore({ of, intents }: Evidence, effect: Effect): string[] {
  const intent = intents.get(effect.key)?.intent;
  if (!intent) return [`${effect.key}: an effect without an intent, so without a decision`];
  const decision = of("recorded").find(
    ({ seq, record }) =>
      seq < effect.seq &&
      record.type === "decision.made" &&
      record.body["digest"] === intent.decisionDigest &&
      record.body["planDigest"] === intent.planDigest &&
      record.configCommit === intent.configCommit,
  );
  if (!decision) return [`${effect.key}: no decision on plan ${intent.planDigest} is recorded before it`];
  const { effect: says, reasons } = decision.record.body;
  const named = Array.isArray(reasons) && reasons.some((r) => String(r).startsWith("policy "));
  const consumed = of("consumed").some(
    (c) => c.seq < effect.seq && c.planDigest === intent.planDigest && c.runId === runOf(effect.key),
  );
  return [
    ...(named ? [] : [`${effect.key}: its decision names no policy`]),
    ...(says === "allow" || (says === "ask" && consumed)
      ? []
      : [
          `${effect.key}: its decision says \`${JSON.stringify(says)}\`${says === "ask" ? ", and no approval was used" : ""}`,
        ]),
  ];
}

/** I2, first half: the intent stands in store and log before the act. */
function intendedBefore({ of, intents }: Evidence, effect: Effect): string[] {
  const intent = intents.get(effect.key);
  const written = of("recorded").some(
    (s) => s.seq < effect.seq && s.record.type === "step.intended" && s.record.body["key"] === effect.key,
  );
  return intent && intent.seq < effect.seq && written ? [] : [`${effect.key}: no intent is written before it`];
}

/** I2, second half: when all is over, every intent has its outcome, unless its run says why it was left. */
async function outcomesAfter({ intents, of, store, runs }: Evidence): Promise<string[]> {
  if (runs.some((r) => r.state === "pending")) return [];
  const done = new Set(of("completed").map((c) => c.outcome.key));
  const missing: string[] = [];
  for (const [key, { runId }] of intents) {
    if (done.has(key)) continue;
    const state = (await store.runs.run(runId))?.state;
    if (state !== "parked" && state !== "stopped" && state !== "stood-down")
      missing.push(`${key}: no outcome is written, and its run is \`${state ?? "not there"}\``);
  }
  return missing;
}

/** I3: as seen from the target. */
function oncePerKey(effects: readonly Effect[]): string[] {
  const changes = new Map<string, number>();
  for (const e of effects) changes.set(e.key, (changes.get(e.key) ?? 0) + e.changes);
  return [...changes].flatMap(([key, n]) => (n > 1 ? [`${key}: the target changed ${n} times by it`] : []));
}

/** I4: by a controller that lives by its lease, for the run that holds the target's. */
const entitledOnly = (effects: readonly Effect[]): string[] =>
  effects.flatMap((e) => (e.untitled === undefined ? [] : [`${e.key}: ${e.untitled}`]));

/** I4: the effects of one run on a target lie all before or all after another's. */
function neverBetween(effects: readonly Effect[]): string[] {
  return [...Map.groupBy(effects, (e) => e.service)].flatMap(([service, mine]) => {
    const order = mine.map((e) => runOf(e.key)).filter((run, i, all) => run !== all[i - 1]);
    return new Set(order).size === order.length ? [] : [`${service}: runs take turns: ${order.join(", ")}`];
  });
}

/** I5 */
const undoable = (plan: Plan): string[] =>
  plan.steps.flatMap((step) => {
    const stated = "irreversible" in step.undo ? step.undo.irreversible.trim() !== "" : step.undo.length > 0;
    return stated ? [] : [`${plan.runbook.name}/${step.id}: neither undo nor why there is none`];
  });

/** I6: nothing is called resolved while one of its services hurts. */
function resolvedWhileHurt({ of, shop, config }: Evidence): string[] {
  const known = new Set(config.services.map((s) => s.name));
  return of("recorded").flatMap(({ atMs, record }) => {
    if (record.type !== "incident.transitioned" || record.body["to"] !== "resolved") return [];
    const hurt = [...known].filter((s) => alwaysHurt(shop, s, atMs));
    return hurt.length > 0 ? [`${record.subject} was called resolved while ${hurt.join(", ")} hurt`] : [];
  });
}

function alwaysHurt(shop: Happened["shop"], service: string, atMs: number): boolean {
  for (let t = atMs - hurtForMs; t < atMs; t += 500) if (shop.ownShare(service, t, t + 1) < 0.05) return false;
  return true;
}

/** I7: with anything broken, missing or unreadable nothing is done. */
const actedBlindly = ({ scenario, effects }: Evidence): string[] =>
  scenario.broken === undefined ? [] : effects.map((e) => `${e.key}: an effect although ${scenario.broken} is broken`);

/** I8: nothing begins after a stop that covers it was recorded. */
function actedWhileStopped(evidence: Evidence, effect: Effect): string[] {
  const intent = evidence.intents.get(effect.key);
  const plan = intent && evidence.plans.get(intent.intent.planDigest);
  if (!plan) return [];
  const covering = stopped(
    { known: true, entries: stopsAt(evidence, effect.seq) },
    {
      environment: plan.environment,
      service: effect.service,
      runbook: plan.runbook.name,
      incidentId: plan.incidentId,
    },
  );
  return covering.map((reason) => `${effect.key}: began although stopped: ${reason.text}`);
}

function stopsAt({ seen }: Evidence, seq: number): StopEntry[] {
  const entries = new Map<string, StopEntry>();
  for (const s of seen) {
    if (s.seq > seq) break;
    if (s.type === "stopped") entries.set(digestOf(s.entry.scope), s.entry);
    if (s.type === "lifted") entries.delete(digestOf(s.scope));
  }
  return [...entries.values()];
}

/** A run that did something ends in words that say what stands now, and stands down only before somebody else's change. */
async function leftHalfDone({ scenario, effects, store }: Evidence): Promise<string[]> {
  const left: string[] = [];
  for (const id of new Set(effects.filter((e) => e.changes > 0).map((e) => runOf(e.key)))) {
    const state = (await store.runs.run(id))?.state ?? "not there";
    const foreign = scenario.outsiderAtMs !== undefined || scenario.endsAtMs !== undefined;
    if (state === "stood-down" && !foreign) left.push(`${id} stood down after it had acted`);
  }
  return left;
}

/** Every effect, and every state an incident came to, is in the audit log, whoever died before they wrote it there (K1). */
async function unrecorded({ of, store, runs }: Evidence): Promise<string[]> {
  const keys = new Set(of("recorded").map(({ record }) => record.key));
  const incidents = await store.incidents.list({ limit: 100 });
  const acts = of("completed").flatMap(({ outcome: { effect, key } }) =>
    effect === "applied" && !keys.has(`${key}/step.completed`) ? [`${key} took effect`] : [],
  );
  // What still goes on may be about to write.
  if (runs.every((r) => r.state !== "pending")) if (acts.length > 0) return acts;
  return incidents.flatMap(({ id, timeline }) =>
    timeline.flatMap((e) =>
      e.kind === "state" && e.record !== undefined && !keys.has(e.record) ? [`${id} ${e.text}: ${e.record}`] : [],
    ),
  );
}

/** A heal that met a defect tells a person; here nothing may meet one. */
const stuckEndings = ({ of }: Evidence): string[] =>
  of("recorded").flatMap(({ record }) => {
    const why = record.type === "outcome.reached" ? record.body["why"] : undefined;
    return typeof why === "string" && why.startsWith("stuck:") ? [`${record.subject}: ${why}`] : [];
  });

/** A heal ends, except where nothing may be done and it only watches: acting is not open, or it is stopped and nobody resumes. */
const unfinished = ({ scenario, runs }: Happened): string[] => {
  const stoppedForGood =
    scenario.broken === "stops" || (scenario.stop !== undefined && scenario.stop.liftedAtMs === undefined);
  if (scenario.environment === "unopened" || stoppedForGood) return [];
  return runs.flatMap((r) => (r.state === "pending" ? [`${r.id} did not end`] : []));
};
