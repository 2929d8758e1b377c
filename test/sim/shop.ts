import { digestOf } from "../../src/kernel/digest.ts";
import type { SimulatedWorld } from "../../src/adapters/durable/simulated/simulated-world.ts";
import type { Service } from "../../src/loop/signal/service.ts";
import type { FlagValue } from "../../src/loop/signal/target-state.ts";

export interface Instance {
  readonly name: string;
  pid: number;
  startedAtMs: number;
  alive: boolean;
  /** Alive, but it answers nobody. */
  hung: boolean;
  /** Dies again and again until somebody clears what it chokes on. */
  poisoned: boolean;
  /** What it was started with; what lies on the disk counts from its next life on. */
  release: string;
  config: string;
}

export interface Target {
  readonly service: Service;
  release: string;
  config: string;
  flag: FlagValue;
  readonly instances: Instance[];
  /** Releases and config contents that hurt. */
  readonly bad: Set<string>;
  /** A flag variant that hurts. */
  badFlag: string | undefined;
  /** Hurt by something no runbook can reach. */
  hidden: boolean;
}

export const goodConfig = digestOf("good config");
export const badConfig = digestOf("bad config");
const reviveMs = 2_500;
const dieEveryMs = 7_000;

/** The truth about the simulated shop: what runs, what hurts, and since when. Nothing of Homeostat looks at it directly. */
export interface Shop {
  readonly targets: ReadonlyMap<string, Target>;
  /** To be called after every change, so that its history stays whole. */
  changed(): void;
  /** Share of a service's requests that fail by its own fault, the worst within [fromMs, toMs). */
  ownShare(service: string, fromMs: number, toMs: number): number;
  /** The same, counting what the services it calls let fail. */
  share(service: string, fromMs: number, toMs: number): number;
  /** Ends an instance's life; the supervisor starts it again. */
  kill(service: string, instance: string): void;
  poison(service: string, instance: string): void;
}

export function createShop(services: readonly Service[], time: Pick<SimulatedWorld, "nowMs" | "at">): Shop {
  const targets = new Map(services.map((service) => [service.name, newTarget(service, time.nowMs())]));
  const history = new Map(services.map((s) => [s.name, [{ atMs: -Infinity, share: 0 }]]));
  let lastPid = 100;

  function changed(): void {
    for (const [name, target] of targets) {
      const line = history.get(name);
      const share = shareOf(target);
      if (line && line.at(-1)?.share !== share) line.push({ atMs: time.nowMs(), share });
    }
  }
  function ownShare(service: string, fromMs: number, toMs: number): number {
    let worst = 0;
    const line = history.get(service) ?? [];
    for (const [i, { atMs, share }] of line.entries()) {
      const untilMs = line[i + 1]?.atMs ?? Infinity;
      if (atMs < toMs && untilMs > fromMs) worst = Math.max(worst, share);
    }
    return worst;
  }
  function share(service: string, fromMs: number, toMs: number): number {
    const callees = targets.get(service)?.service.dependsOn ?? [];
    const well = callees.reduce((p, c) => p * (1 - 0.9 * share(c, fromMs, toMs)), 1 - ownShare(service, fromMs, toMs));
    return 1 - well;
  }
  function kill(service: string, name: string): void {
    const [target, instance] = find(service, name);
    instance.alive = false;
    changed();
    time.at(time.nowMs() + reviveMs, () => {
      if (instance.alive) return;
      instance.alive = true;
      instance.hung = false;
      instance.pid = ++lastPid;
      instance.startedAtMs = time.nowMs();
      instance.release = target.release;
      instance.config = target.config;
      changed();
    });
  }
  function find(service: string, name: string): [Target, Instance] {
    const target = targets.get(service);
    const instance = target?.instances.find((i) => i.name === name);
    if (!target || !instance) throw new Error(`the shop has no ${service}/${name}`);
    return [target, instance];
  }
  function poison(service: string, name: string): void {
    const [, instance] = find(service, name);
    instance.poisoned = true;
    const die = (): void => {
      if (!instance.poisoned) return;
      if (instance.alive) kill(service, name);
      time.at(time.nowMs() + dieEveryMs, die);
    };
    die();
  }
  return { targets, changed, ownShare, share, kill, poison };
}

function newTarget(service: Service, nowMs: number): Target {
  return {
    service,
    release: "v1",
    config: goodConfig,
    flag: { state: "ENABLED", defaultVariant: "off", variants: ["on", "off"] },
    bad: new Set(),
    badFlag: undefined,
    hidden: false,
    instances: service.instances.map(({ name }, i) => ({
      name,
      pid: i + 1,
      startedAtMs: nowMs - 3_600_000,
      alive: true,
      hung: false,
      poisoned: false,
      release: "v1",
      config: goodConfig,
    })),
  };
}

function shareOf(target: Target): number {
  const { instances, bad, flag, badFlag, hidden } = target;
  const sick = instances.filter((i) => i.hung || i.poisoned || bad.has(i.release) || bad.has(i.config)).length;
  const gone = instances.every((i) => !i.alive) ? 0.9 : 0;
  const flagged = badFlag !== undefined && flag.state === "ENABLED" && flag.defaultVariant === badFlag ? 0.4 : 0;
  return Math.max(gone, flagged, hidden ? 0.4 : 0, (sick / instances.length) * 0.6);
}
