import type { Finding } from "../../loop/detection/finding.ts";
import { confirm } from "../../loop/detection/confirm.ts";
import type { Detector } from "../../loop/detection/detector.ts";
import type { RedAggregator } from "../../loop/detection/red-aggregator.ts";
import type { RedBucket } from "../../loop/detection/red.ts";
import { clearOutlived } from "../../engine/clear-outlived.ts";
import { respond } from "../../engine/respond.ts";
import type { TargetWatch } from "../../engine/watch-targets.ts";
import type { World } from "../../engine/world.ts";
import type { Naming } from "./naming.ts";
import type { Sight } from "./sight.ts";

/** Buckets of this long before an incident are written out when one opens, so that every controller can judge gates. */
const keptMs = 180_000;
const leaseMs = 10_000;
const edgesWithinMs = 30 * 60_000;
const outlivedEveryMs = 5_000;

export interface WatchParts {
  readonly world: World;
  /** The time now, after it was noticed whether the clock was set or nobody looked for a while. */
  readonly look: () => number;
  readonly sight: Sight;
  readonly aggregator: RedAggregator;
  readonly detector: Detector;
  readonly targets: TargetWatch;
  readonly naming: Naming;
  readonly remember: (buckets: readonly RedBucket[]) => void;
  /** What is remembered of [fromMs, toMs), interval by interval; bounded by whoever remembers. */
  readonly recall: (fromMs: number, toMs: number) => Iterable<readonly RedBucket[]>;
}

export interface Watch {
  /** Once a second: telemetry to findings to incidents. */
  tick(): Promise<void>;
  /** Every few seconds: a look at all targets. */
  lookAtTargets(): Promise<void>;
}

/** Findings that wait for their turn to be responded to, while the database is away or another controller has it (I11). */
const pendingMax = 5_000;

/**
 * Looks at what comes in. Every controller detects in the telemetry it is sent; they turn findings into incidents one at
 * a time, so that two never open two incidents for one cause. One of them tends the targets.
 */
export function createWatch(parts: WatchParts): Watch {
  const { world, sight, aggregator, detector, targets, naming } = parts;
  let pending: Finding[] = [];
  let firing: Finding[] = [];
  let shared = false;
  const startedAtMs = world.clock.nowMs();
  let lookedBackMs = startedAtMs;

  function detect(nowMs: number): RedBucket[] {
    const fresh = aggregator.close(nowMs);
    parts.remember(fresh);
    const { slos, services } = world.config();
    detector.configure(slos, services);
    detector.ingestBuckets(fresh, nowMs);
    detector.ingestLogs(sight.takeLogs(), nowMs);
    pending = [...pending, ...detector.tick(nowMs).map(naming.finding)].slice(-pendingMax);
    firing = detector.firing();
    return fresh;
  }

  /** While an incident is live, what this controller saw is where every controller can read it. */
  async function share(fresh: readonly RedBucket[], nowMs: number): Promise<void> {
    const live = (await world.store.incidents.list({ live: true, limit: 1 })).length > 0;
    if (live)
      await world.store.windows.put(
        world.controller.id,
        shared ? fresh : [...parts.recall(nowMs - keptMs, Infinity)].flat(),
      );
    shared = live;
  }

  /** What an earlier life of this controller, or another one, found and cannot clear any more. */
  async function lookBack(nowMs: number): Promise<void> {
    if (nowMs >= lookedBackMs && nowMs - lookedBackMs < outlivedEveryMs) return;
    lookedBackMs = nowMs;
    const known = new Set(firing.map((f) => f.id));
    pending = [...pending, ...(await clearOutlived(world, (id) => known.has(id), startedAtMs))].slice(-pendingMax);
  }

  async function react(nowMs: number): Promise<void> {
    const turn = await world.store.leases.acquire("incidents", world.controller.id, leaseMs);
    if (!turn) return;
    // A storm's look takes longer than the lease lasts.
    const renew = (): void => void world.store.leases.renew(turn, leaseMs).catch(() => undefined);
    const renewing = setInterval(renew, leaseMs / 3);
    try {
      const environments = [...new Set(firing.map((f) => f.environment))];
      const edges = environments.flatMap((e) => aggregator.edges(e, nowMs, edgesWithinMs));
      const groups = confirm(firing, edges, nowMs, world.config().settings.incidents.confirmMs).map(naming.group);
      const changed = pending;
      await respond(world, { changed, groups });
      pending = pending.filter((f) => !changed.includes(f));
    } finally {
      clearInterval(renewing);
      await world.store.leases.release(turn);
    }
  }
  return {
    async tick() {
      const nowMs = parts.look();
      const fresh = detect(nowMs);
      await share(fresh, nowMs);
      await lookBack(nowMs);
      await react(nowMs);
    },
    async lookAtTargets() {
      const mine = await world.store.leases.acquire("targets", world.controller.id, leaseMs);
      if (mine) await targets.look(firing.map(naming.finding));
    },
  };
}
