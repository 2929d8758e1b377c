import { textOfJson } from "../kernel/json.ts";
import { digestOf } from "../kernel/digest.ts";
import type { Finding } from "../loop/detection/finding.ts";
import { changesBetween, exitsBetween, flagText, ownActor, type InstanceExit } from "../loop/signal/observed-change.ts";
import { boundState, type TargetState } from "../loop/signal/target-state.ts";
import { hasTarget, type Service } from "../loop/signal/service.ts";
import { lookAt, type World } from "./world.ts";

const exitsMax = 500;
const exitsKeptMs = 600_000;
/** A change that an act of ours explains was made this long ago at most. */
const ownActsMs = 600_000;
/** An exit this soon after our own restart of the instance began is that restart. */
const ownRestartMs = 30_000;

export interface TargetWatch {
  /** Looks at every declared target once, passing over services that declare none: notes what changed by nobody's word, and what has been well for long enough. */
  look(firing: readonly Finding[]): Promise<void>;
  exits(): readonly InstanceExit[];
}

/** Watches targets by looking at them (C4, H4). One controller does so at a time. */
export function createTargetWatch(world: World): TargetWatch {
  const last = new Map<string, TargetState>();
  const well = new Map<string, { digest: string; sinceMs: number; recorded: boolean }>();
  let exits: InstanceExit[] = [];
  return {
    exits: () => exits,
    async look(firing) {
      const seen = await Promise.all(
        world
          .config()
          .services.filter(hasTarget)
          .map(async (service) => ({ service, state: await lookAt(world, service.name) })),
      );
      const nowMs = world.clock.nowMs();
      for (const { service, state } of seen) {
        const before = last.get(service.name);
        if (before) {
          const seenExits = await foreign(world, service, exitsBetween(before, state));
          await tellChanges(world, service, before, state);
          exits.push(...seenExits);
        }
        // Only now: what could not be told, as the database was away, is found again by the next look.
        last.set(service.name, state);
        await noteWell(world, service, state, firing, well, nowMs);
      }
      exits = exits.filter((e) => e.atMs > nowMs - exitsKeptMs).slice(-exitsMax);
    },
  };
}

/** Exits that no restart of ours explains: what we restart does not die by itself. */
async function foreign(world: World, service: Service, exits: readonly InstanceExit[]): Promise<InstanceExit[]> {
  if (exits.length === 0) return [];
  const runs = (await world.store.runs.history(world.clock.nowMs() - ownActsMs)).filter(
    (r) => r.service === service.name,
  );
  const kept = await Promise.all(runs.slice(-20).map((r) => world.store.runs.run(r.runId)));
  const restarts = kept.flatMap((r) => r?.intents ?? []).filter((i) => i.action === "process.restart");
  return exits.filter(
    (e) =>
      !restarts.some(
        (r) => r.parameters["instance"] === e.instance && e.atMs >= r.atMs && e.atMs - r.atMs < ownRestartMs,
      ),
  );
}

async function tellChanges(world: World, service: Service, before: TargetState, after: TargetState): Promise<void> {
  const seen = changesBetween(before, after, service.environment);
  if (seen.length === 0) return;
  const own = await ownActs(world, service, after.atMs);
  const changes = seen.map((c) => (own.has(`${c.change} ${c.subject ?? ""} ${c.to}`) ? { ...c, actor: ownActor } : c));
  await world.store.inbox.put(changes.map((signal) => ({ id: signal.id, signal, receivedAtMs: after.atMs })));
  for (const c of changes) {
    await world.record({
      key: `change/${c.id}`,
      type: "change.observed",
      atMs: c.timeMs,
      actor: { kind: "homeostat", name: "homeostat" },
      subject: c.service,
      configCommit: world.config().commit,
      body: {
        change: c.change,
        service: c.service,
        from: c.from ?? null,
        to: c.to ?? null,
        subject: c.subject ?? null,
      },
    });
  }
}

/** What runs on this service did of late, in the words of changes: so that our own acts are not taken for somebody else's. */
async function ownActs(world: World, service: Service, nowMs: number): Promise<Set<string>> {
  const runs = (await world.store.runs.history(nowMs - ownActsMs)).filter((r) => r.service === service.name);
  const kept = await Promise.all(runs.slice(-20).map((r) => world.store.runs.run(r.runId)));
  const intents = kept.flatMap((r) => r?.intents ?? []);
  return new Set(
    intents.flatMap(({ action, parameters: p }) => {
      if (action === "release.switch") return [`release  ${textOfJson(p["to"])}`];
      if (action === "config.restore") return [`config ${textOfJson(p["file"])} ${textOfJson(p["digest"])}`];
      if (action === "flag.set")
        return [`flag ${textOfJson(p["flag"])} ${p["state"] === "DISABLED" ? "disabled" : textOfJson(p["variant"])}`];
      return [];
    }),
  );
}

/** Records a state as known good once it was seen well, unchanged and with telemetry for long enough (H4). Unknown is not well. */
async function noteWell(
  world: World,
  service: Service,
  state: TargetState,
  firing: readonly Finding[],
  well: Map<string, { digest: string; sinceMs: number; recorded: boolean }>,
  nowMs: number,
): Promise<void> {
  const digest = digestOf(boundState(state));
  const hurt = firing.some((f) => f.service === service.name || f.edge?.to === service.name);
  const healthy = state.unreadable.length === 0 && (state.instances ?? []).every((i) => i.alive && i.healthy !== false);
  const before = well.get(service.name);
  if (hurt || !healthy || before?.digest !== digest) {
    well.set(service.name, { digest, sinceMs: nowMs, recorded: false });
    return;
  }
  if (before.recorded || nowMs - before.sinceMs < world.config().settings.knownGoodAfterMs) return;
  if (!(await isSeen(world, service, nowMs))) return;
  await recordGood(world, service, state, before.sinceMs, nowMs);
  well.set(service.name, { ...before, recorded: true });
}

/** Telemetry of the last half minute is there, where any is expected. */
async function isSeen(world: World, service: Service, nowMs: number): Promise<boolean> {
  if (!service.emitsTelemetry) return true;
  return (await world.telemetry.service(service.telemetryName, service.environment, nowMs - 30_000, nowMs)).length > 0;
}

async function recordGood(
  world: World,
  service: Service,
  state: TargetState,
  sinceMs: number,
  atMs: number,
): Promise<void> {
  const flags = Object.fromEntries(Object.entries(state.flags ?? {}).map(([name, value]) => [name, flagText(value)]));
  const aspects = [
    ["release", state.release],
    ["config", state.config],
    ["flags", state.flags ? flags : undefined],
  ] as const;
  for (const [aspect, value] of aspects) {
    if (value === undefined) continue;
    const [latest] = await world.store.knownGood.list(service.name, service.environment, aspect, 1);
    if (latest && digestOf(latest.value) === digestOf(value)) continue;
    // First on record: what is kept already would not be recorded by a later look.
    await world.record({
      key: `known-good/${service.name}/${aspect}/${atMs}`,
      type: "known-good.recorded",
      atMs,
      actor: { kind: "homeostat", name: "homeostat" },
      subject: service.name,
      configCommit: world.config().commit,
      body: { aspect, value },
    });
    await world.store.knownGood.record(service.name, service.environment, aspect, value, sinceMs, atMs);
  }
}
