import { detectionBench } from "../detection.ts";
import type { Edge } from "../../src/loop/detection/finding.ts";
import type { RedBucket } from "../../src/loop/detection/red.ts";
import type { TelemetrySignal } from "../../src/loop/signal/signal.ts";

/** What a system said in one step of time. */
export interface Said {
  readonly atMs: number;
  readonly signals?: readonly TelemetrySignal[];
  /** Requests that were counted already, where no spans are there. */
  readonly buckets?: readonly RedBucket[];
}

/** Telemetry of one system for some time, in order of time; from `faultMs` on something is wrong with it. */
export interface Replay {
  readonly name: string;
  readonly calls: readonly Edge[];
  /** Metric, service and edge streams. */
  readonly streams: number;
  readonly faultMs?: number;
  said(): Iterable<Said>;
}

/** What detection made of a replay. Incidents tell which findings opened them. */
export interface Replayed {
  readonly name: string;
  readonly hours: number;
  readonly streams: number;
  /** Before the fault, or in all when there is none. */
  readonly incidents: readonly string[];
  readonly findings: number;
  /** From the fault on; null when there is none. */
  readonly isCaught: boolean | null;
  readonly isSeen: boolean | null;
}

export const environment = "bench";
/** As the server waits for what comes late. */
const graceMs = 3_000;

/** Plays a replay through fresh detectors, as the server joins them and with the settings that are shipped. */
export function play({ name, calls, streams, faultMs = Infinity, said }: Replay): Replayed {
  const detection = detectionBench();
  const open = new Set<string>();
  const seen = new Set<string>();
  const [incidents, caught]: [string[], string[]] = [[], []];
  let [fromMs, toMs, findings, found] = [Infinity, 0, 0, 0];

  function look(atMs: number): void {
    const firing = detection.firing();
    const isFault = atMs >= faultMs;
    for (const { id } of firing) {
      if (seen.has(id)) continue;
      if (isFault) found++;
      else findings++;
    }
    seen.clear();
    for (const { id } of firing) seen.add(id);
    for (const id of open) if (!seen.has(id)) open.delete(id);
    for (const group of detection.groups(environment, calls)) {
      const isKnown = group.findings.some((f) => open.has(f.id));
      for (const f of group.findings) open.add(f.id);
      if (isKnown) continue;
      const story = `${((atMs - fromMs) / 3_600_000).toFixed(2)} h: ${group.findings.map((f) => f.summary).join("; ")}`;
      (isFault ? caught : incidents).push(story.slice(0, 600));
    }
  }

  for (const { atMs, signals = [], buckets = [] } of said()) {
    [fromMs, toMs] = [Math.min(fromMs, atMs), atMs];
    detection.telemetry(signals);
    detection.tick(atMs + (buckets.length > 0 ? graceMs : 0), buckets);
    look(atMs);
  }
  const hours = (Math.min(toMs, faultMs) - fromMs) / 3_600_000;
  const isFaulty = Number.isFinite(faultMs);
  return {
    name,
    hours,
    streams,
    incidents,
    findings,
    isCaught: isFaulty ? caught.length > 0 : null,
    isSeen: isFaulty ? found > 0 : null,
  };
}
