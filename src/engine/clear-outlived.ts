import { bucketMs } from "../loop/detection/red.ts";
import type { Finding } from "../loop/detection/finding.ts";
import { judgeRed, judgeSlo } from "../loop/verification/judge.ts";
import type { World } from "./world.ts";

/** A finding nobody watches any more is over when this long, seen whole, was well. */
const wellForMs = 60_000;
/** Telemetry of the last buckets may still be under way. */
const lateMs = 4_000;
const liveMax = 100;
const findingsMax = 200;

/**
 * Findings of live incidents that were raised before this controller started and that its detectors do not know, cleared
 * where telemetry shows that they are over. A detector that starts anew never tells the end of what it never saw begin;
 * without this an incident would stay open for good after a restart. Missing telemetry clears nothing.
 */
export async function clearOutlived(
  world: World,
  isFiring: (id: string) => boolean,
  startedAtMs: number,
): Promise<Finding[]> {
  const nowMs = world.clock.nowMs();
  const toMs = Math.floor((nowMs - lateMs) / bucketMs) * bucketMs;
  const fromMs = toMs - wellForMs;
  if (fromMs < startedAtMs) return [];
  const live = await world.store.incidents.list({ live: true, limit: liveMax });
  const left = live
    .flatMap((i) => i.findings)
    .filter((f) => f.state === "firing" && f.atMs < startedAtMs && !isFiring(f.id))
    .slice(0, findingsMax);
  const over = await Promise.all(left.map((f) => isOver(world, f, fromMs, toMs)));
  return left.filter((_, i) => over[i]).map((f) => ({ ...f, state: "cleared", atMs: nowMs }));
}

async function isOver(world: World, f: Finding, fromMs: number, toMs: number): Promise<boolean> {
  const buckets = f.edge
    ? await world.telemetry.edge(f.edge, f.environment, fromMs, toMs)
    : await world.telemetry.service(f.service, f.environment, fromMs, toMs);
  if (judgeRed(f.service, buckets, [f], wellForMs).verdict !== "pass") return false;
  if (f.dimension !== "burn-rate") return true;
  const slos = world.config().slos.filter((s) => s.service === f.service);
  return slos.every((slo) => judgeSlo(slo, buckets).verdict === "pass");
}
