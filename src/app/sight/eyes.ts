import { join } from "node:path";
import { openDuckDbArchive } from "../../adapters/archive/duckdb/duckdb-archive.ts";
import { createTelemetryMemory } from "../../adapters/telemetry/memory/telemetry-memory.ts";
import type { ControllerLease } from "../../engine/controller-lease.ts";
import { createDetector } from "../../loop/detection/detector.ts";
import { createOwnTime } from "../../loop/detection/own-time.ts";
import { createRedAggregator } from "../../loop/detection/red-aggregator.ts";
import { placeOf } from "../../loop/detection/slo-watch.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ActiveConfig } from "../../ports/config.ts";
import type { Store } from "../../ports/store.ts";
import { createArchiving } from "../archive/archiving.ts";
import type { Foundation } from "../foundation.ts";
import { createHistory } from "../archive/history.ts";
import { keptWindows } from "../archive/kept-windows.ts";
import { lookBack } from "../archive/look-back.ts";
import { nameHistory } from "./name-history.ts";
import type { Naming } from "./naming.ts";
import { createNotableMemory } from "./notable.ts";
import { createSight } from "./sight.ts";
import { createSteadyClock } from "./steady-clock.ts";

interface ArchivingOptions {
  readonly foundation: Foundation;
  readonly dataDir: string;
  readonly controller: Pick<ControllerLease, "id">;
  readonly config: () => ActiveConfig;
  readonly eyes: ReturnType<typeof openEyes>;
  readonly naming: Naming;
  readonly clockTrouble: () => string | undefined;
}

/** Telemetry beyond memory: its way there, and what looks back. */
export function openArchiving(options: ArchivingOptions) {
  const { foundation, dataDir, controller, config, eyes, naming, clockTrouble } = options;
  const { clock, store } = foundation;
  const services = () => config().services;
  const edges = naming.reader(eyes.telemetry.reader);
  const seen = { incidents: store.incidents, telemetry: edges, naming, services };
  const archiving = createArchiving({
    open: () =>
      openDuckDbArchive({ root: join(dataDir, "telemetry"), writer: controller.id, nowMs: () => clock.nowMs() }),
    clock,
    config,
    windows: (nowMs) => keptWindows(seen, config().settings.telemetry.keeping, nowMs),
    red: eyes.telemetry,
    wanted: eyes.detector.traces.exemplarReason,
    clockTrouble,
  });
  const reader = lookBack(eyes.telemetry.reader, archiving, eyes.telemetry.heldFromMs);
  const history = createHistory(archiving, eyes.telemetry.reader, eyes.telemetry.heldFromMs);
  return { archiving, reader, history: nameHistory(history, naming) };
}

/** Telemetry's way in: aggregation, detection and the recent buckets gates read. */
export function openEyes(store: Store, clock: Clock, config: () => ActiveConfig) {
  const time = createOwnTime();
  const steadyMs = createSteadyClock();
  const look = (): number => {
    const nowMs = clock.nowMs();
    time.look(nowMs, steadyMs(nowMs));
    return nowMs;
  };
  const aggregator = createRedAggregator({}, declaredIn(config), time);
  const detector = createDetector({}, time);
  const notable = createNotableMemory(config, () => clock.nowMs());
  const sight = createSight(aggregator, detector, look, notable, time);
  const edges = (environment: string, withinMs: number) => aggregator.edges(environment, clock.nowMs(), withinMs);
  const telemetry = createTelemetryMemory({ windows: store.windows, edges, clock });
  const counters = () => ({
    ...sight.counters(),
    ...aggregator.stats(),
    ...detector.stats(),
    ...notable.counters(),
    ...telemetry.stats(),
  });
  const crowded = () => [...aggregator.crowded(clock.nowMs()), ...detector.crowded(clock.nowMs())];
  const openedMs = clock.nowMs();
  return { aggregator, detector, openedMs, look, sight, telemetry, notable, counters, crowded };
}

/** Whether a service is one of the care repo, by the name telemetry uses. Asked for whatever is new, so looked up once for each configuration. */
function declaredIn(config: () => ActiveConfig): (service: string, environment: string) => boolean {
  let known: { readonly of: unknown; readonly places: ReadonlySet<string> } = { of: undefined, places: new Set() };
  return (service, environment) => {
    const { services } = config();
    if (known.of !== services)
      known = { of: services, places: new Set(services.map((s) => placeOf(s.telemetryName, s.environment))) };
    return known.places.has(placeOf(service, environment));
  };
}
