import type { Clock } from "../../../ports/clock.ts";
import type { Store } from "../../../ports/store.ts";
import { memoryApprovals } from "./approvals.ts";
import { memoryAudit } from "./audit.ts";
import { memoryInbox } from "./inbox.ts";
import { memoryIncidents } from "./incidents.ts";
import { memoryKnownGood } from "./known-good.ts";
import { memoryLearned } from "./learned.ts";
import { memoryLeases } from "./leases.ts";
import { memoryRuns } from "./runs.ts";
import { memoryStops } from "./stops.ts";
import { memoryTokens } from "./tokens.ts";
import { memoryWindows } from "./windows.ts";

/**
 * The store in memory, for simulation and unit tests: nothing survives the process. Leases and claims run by the given
 * clock. What it gives back is frozen, so that no caller shares state with another by accident.
 */
export const createMemoryStore = (clock: Clock): Store => ({
  incidents: memoryIncidents(),
  runs: memoryRuns(),
  approvals: memoryApprovals(),
  stops: memoryStops(),
  leases: memoryLeases(clock),
  knownGood: memoryKnownGood(),
  inbox: memoryInbox(clock),
  audit: memoryAudit(),
  windows: memoryWindows(),
  tokens: memoryTokens(),
  learned: memoryLearned(),
  close: () => Promise.resolve(),
});
