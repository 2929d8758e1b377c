import { textOfJson } from "../kernel/json.ts";
import { requestsMin, judgeRed, judgeSlo, type Judgement } from "../loop/verification/judge.ts";
import { shownQuery } from "../loop/verification/judge-query.ts";
import { joinVerdicts, type GateResult, type Verdict, type Verification } from "../loop/verification/verdict.ts";
import type { Finding } from "../loop/detection/finding.ts";
import { bucketMs } from "../loop/detection/red.ts";
import type { Service } from "../loop/signal/service.ts";
import type { Gate } from "../loop/plan/runbook.ts";
import type { Plan } from "../loop/plan/plan.ts";
import { callersOf } from "../loop/incident/topology.ts";
import { factsNow } from "./facts-now.ts";
import { topologyOf } from "./gather.ts";
import { verifyQuery } from "./verify-query.ts";
import type { World } from "./world.ts";

/** Gates that are judged by telemetry of our own. */
type TelemetryGate = Extract<Gate, { type: "slo" | "red" | "dependents" }>;

/** Telemetry of the last buckets may still be under way. */
export const lateMs = 4_000;

/** One look at all gates that say something about this service: one that has nothing to look at is left out, and passes nothing. */
export async function checkGates(
  world: World,
  plan: Plan,
  gates: readonly Gate[],
  sinceMs: number,
): Promise<Verification> {
  const atMs = world.clock.nowMs();
  const results: GateResult[] = [];
  for (const gate of gates)
    if (await applies(world, plan, gate))
      results.push({ gate: nameOf(gate, plan), ...(await judge(world, plan, gate, sinceMs, atMs)), atMs });
  return { verdict: joinVerdicts(results.map((r) => r.verdict)), gates: results, atMs };
}

async function applies(world: World, { service: own, environment }: Plan, gate: Gate): Promise<boolean> {
  if (gate.type === "condition" || gate.type === "promql") return true;
  const name = gate.service ?? own;
  const service = world.config().services.find((s) => s.name === name);
  if (!service) return true;
  if (gate.type === "synthetic") return service.synthetics.length > 0;
  if (gate.type === "dependents") return callersOf(await topologyOf(world, environment), name).length > 0;
  return gate.type !== "slo" || world.config().slos.some((s) => s.service === name);
}

async function judge(world: World, plan: Plan, gate: Gate, sinceMs: number, nowMs: number): Promise<Judgement> {
  if (gate.type === "condition") return condition(world, plan, gate.expression);
  if (gate.type === "promql") return verifyQuery(world, plan, gate, sinceMs, nowMs);
  const name = gate.service ?? plan.service;
  const service = world.config().services.find((s) => s.name === name);
  if (!service) return { verdict: "inconclusive", text: `${name} is not declared` };
  if ("successes" in gate) return outside(world, service, gate);
  const toMs = Math.floor((nowMs - lateMs) / bucketMs) * bucketMs;
  const fromMs = toMs - Math.ceil(gate.forMs / bucketMs) * bucketMs;
  if (fromMs < sinceMs) return { verdict: "inconclusive", text: `${name}: waiting for telemetry from after the act` };
  return fromTelemetry(world, plan, service, gate, fromMs, toMs);
}

async function fromTelemetry(
  world: World,
  plan: Plan,
  service: Service,
  gate: TelemetryGate,
  fromMs: number,
  toMs: number,
): Promise<Judgement> {
  const { environment, name } = service;
  const findings = (await world.store.incidents.get(plan.incidentId))?.incident.findings ?? [];
  // What sends no telemetry of its own is seen through its callers.
  const byCallers = gate.type === "dependents" || (gate.type === "red" && !service.emitsTelemetry);
  if (byCallers) return dependents(world, service, findings, gate, fromMs, toMs);
  const buckets = await world.telemetry.service(name, environment, fromMs, toMs);
  if (gate.type === "red")
    return judgeRed(
      name,
      buckets,
      findings.filter((f) => f.service === name && !f.edge),
      gate.forMs,
    );
  const slos = world.config().slos.filter((s) => s.service === name);
  if (slos.length === 0) return { verdict: "inconclusive", text: `${name} has no SLO` };
  return together(slos.map((slo) => judgeSlo(slo, buckets)));
}

/** What callers see of a service; those that hardly call it say nothing, and when all do, nothing is known. */
async function dependents(
  world: World,
  { name, environment }: Service,
  findings: readonly Finding[],
  gate: TelemetryGate,
  fromMs: number,
  toMs: number,
): Promise<Judgement> {
  const callers = callersOf(await topologyOf(world, environment), name);
  if (callers.length === 0) return { verdict: "inconclusive", text: `nobody is known to call ${name}` };
  const judged = await Promise.all(
    callers.map(async (from) => {
      const buckets = await world.telemetry.edge({ from, to: name }, environment, fromMs, toMs);
      const calls = buckets.reduce((n, b) => n + b.count, 0);
      const own = findings.filter((f) => f.edge?.from === from && f.edge.to === name);
      return { calls, judgement: judgeRed(`${from} calling ${name}`, buckets, own, gate.forMs) };
    }),
  );
  const telling = judged.filter((j) => j.calls >= requestsMin);
  return together((telling.length > 0 ? telling : judged).map((j) => j.judgement));
}

async function outside(world: World, service: Service, gate: Extract<Gate, { successes: number }>): Promise<Judgement> {
  const instances = service.instances.filter(
    (i) =>
      i.healthUrl !== undefined && (gate.type !== "health" || gate.instance === undefined || i.name === gate.instance),
  );
  if (gate.type === "health" && instances.length === 0)
    return { verdict: "inconclusive", text: `${service.name} declares no health check` };
  if (gate.type === "synthetic" && service.synthetics.length === 0)
    return { verdict: "inconclusive", text: `${service.name} declares no synthetic transaction` };
  const judged: Judgement[] = [];
  for (let i = 0; i < gate.successes; i++) {
    const answers = await Promise.all(
      gate.type === "health"
        ? instances.map((t) => world.checker.health(t.healthUrl ?? "", 2_000))
        : service.synthetics.map((t) => world.checker.transaction(t)),
    );
    judged.push(...answers.map((a): Judgement => ({ verdict: wellness(a.well), text: a.text })));
  }
  return together(judged);
}

async function condition(world: World, plan: Plan, expression: string): Promise<Judgement> {
  const facts = await factsNow(world, plan);
  if (!facts) return { verdict: "inconclusive", text: `\`${expression}\`: what the plan rests on is gone` };
  const answer = world.config().conditions.evaluate(expression, facts);
  if (!answer.ok) return { verdict: "inconclusive", text: `\`${expression}\`: ${answer.error}` };
  return { verdict: answer.value === true ? "pass" : "fail", text: `\`${expression}\` is ${textOfJson(answer.value)}` };
}

const wellness = (well: boolean | undefined): Verdict => (well === undefined ? "inconclusive" : well ? "pass" : "fail");

/** All texts of what is not well, or the first of what is. */
export function together(judged: readonly Judgement[]): Judgement {
  const verdict = joinVerdicts(judged.map((j) => j.verdict));
  const telling = verdict === "pass" ? judged.slice(0, 2) : judged.filter((j) => j.verdict === verdict).slice(0, 3);
  return { verdict, text: [...new Set(telling.map((j) => j.text))].join("; ") };
}

const nameOf = (gate: Gate, plan: Plan): string => {
  if (gate.type === "condition") return `condition ${gate.expression}`;
  if (gate.type === "promql") return `promql ${shownQuery(gate.query)}`;
  const where = "instance" in gate && gate.instance ? gate.instance : (gate.service ?? plan.service);
  return `${gate.type} of ${where}`;
};
