import type { Finding } from "../loop/detection/finding.ts";
import { confirm } from "../loop/detection/confirm.ts";
import type { Detector } from "../loop/detection/detector.ts";
import type { RedAggregator } from "../loop/detection/red-aggregator.ts";
import type { RedBucket } from "../loop/detection/red.ts";
import { respond } from "../engine/respond.ts";
import type { Tender } from "../engine/tend.ts";
import type { World } from "../engine/world.ts";
import type { Sight } from "./sight.ts";

/** Buckets of this long before an incident are written out when one opens, so that every controller can judge gates. */
const keptMs = 180_000;
const leaseMs = 10_000;
const edgesWithinMs = 30 * 60_000;

export interface WatchParts {
  readonly world: World;
  readonly sight: Sight;
  readonly aggregator: RedAggregator;
  readonly detector: Detector;
  readonly tender: Tender;
  readonly remember: (buckets: readonly RedBucket[]) => void;
}

export interface Watch {
  /** Once a second: telemetry to findings to incidents. */
  tick(): Promise<void>;
  /** Every few seconds: a look at all targets. */
  tend(): Promise<void>;
}

/** Looks at what comes in. Every controller aggregates; the one that leads detects, tends targets and opens incidents. */
export function createWatch(parts: WatchParts): Watch {
  const { world, sight, aggregator, detector, tender } = parts;
  let recent: RedBucket[] = [];
  let firing: Finding[] = [];
  let shared = false;
  const leads = async (): Promise<boolean> =>
    (await world.store.leases.acquire("detection", world.controller.id, leaseMs)) !== undefined;

  async function share(fresh: readonly RedBucket[], leading: boolean): Promise<void> {
    const live = leading ? (await world.store.incidents.list({ live: true, limit: 1 })).length > 0 : true;
    if (live) await world.store.windows.put(world.controller.id, shared ? fresh : recent);
    shared = live;
  }
  return {
    async tick() {
      const nowMs = world.clock.nowMs();
      const fresh = aggregator.close(nowMs);
      parts.remember(fresh);
      recent = [...recent, ...fresh].filter((b) => b.startMs > nowMs - keptMs);
      const { slos, services, settings } = world.config();
      detector.configure(slos, services);
      detector.ingestBuckets(fresh);
      detector.ingestLogs(sight.takeLogs(), nowMs);
      const changed = detector.tick(nowMs);
      firing = detector.firing();
      const leading = await leads();
      await share(fresh, leading);
      if (!leading) return;
      const environments = [...new Set(firing.map((f) => f.environment))];
      const edges = environments.flatMap((e) => aggregator.edges(e, nowMs, edgesWithinMs));
      await respond(world, { changed, groups: confirm(firing, edges, nowMs, settings.incidents.confirmMs) });
    },
    async tend() {
      if (await leads()) await tender.look(firing);
    },
  };
}
