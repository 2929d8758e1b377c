import type { AuditRecord } from "../../loop/audit/record.ts";
import type { Incident } from "../../loop/incident/incident.ts";
import { textOfJson } from "../../kernel/json.ts";
import type { Intake } from "../../server/intake.ts";
import type { Metric } from "../../server/metric.ts";

/** Upper bounds of the histograms, in seconds: from one look of the detectors to a working day. */
const boundsSeconds = [5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 28_800] as const;

/** Incidents of which it is remembered that their end was counted (I11). */
const endedMax = 1_000;

/** What this controller saw happen since it started, counted for `/metrics`. */
export interface Tally {
  /** Called with what was appended to the audit log. */
  recorded(records: readonly Omit<AuditRecord, "v">[]): void;
  /** Called when an incident ended; counts each once. */
  ended(incident: Incident): void;
  /** The same intake, with what it takes counted by kind. */
  counting(intake: Intake): Intake;
  metrics(): Metric[];
}

export function createTally(): Tally {
  const signals = counter("signals_total", "Signals taken in, by kind.", "kind");
  const opened = counter("incidents_opened_total", "Incidents opened, by severity.", "severity");
  const decisions = counter("decisions_total", "Decisions made, by effect.", "effect");
  const runs = counter("runs_ended_total", "Runs ended, by the state they ended in.", "state");
  const outcomes = counter("outcomes_total", "Incidents that came to an outcome, by outcome.", "outcome");
  const records = counter("records_total", "Audit records written by this controller, by type.", "type");
  const detect = histogram("time_to_detect_seconds", "From the first sign of an incident to the incident.");
  const recover = histogram("time_to_recover_seconds", "From the first sign of an incident to its resolution.");
  const counted = new Set<string>();
  return {
    recorded(appended) {
      for (const { type, body } of appended) {
        records.add(type);
        if (type === "incident.opened") opened.add(textOfJson(body["severity"] ?? null));
        if (type === "decision.made") decisions.add(textOfJson(body["effect"] ?? null));
        if (type === "run.ended") runs.add(textOfJson(body["state"] ?? null));
        if (type === "outcome.reached") outcomes.add(textOfJson(body["outcome"] ?? null));
      }
    },
    ended({ id, sinceMs, openedAtMs, endedAtMs, state }) {
      if (counted.has(id)) return;
      if (counted.size >= endedMax) counted.clear();
      counted.add(id);
      detect.observe((openedAtMs - sinceMs) / 1_000);
      if (state === "resolved" && endedAtMs !== undefined) recover.observe((endedAtMs - sinceMs) / 1_000);
    },
    counting: (intake) => ({
      telemetry(taken) {
        for (const { kind } of taken) signals.add(kind);
        return intake.telemetry(taken);
      },
      async control(items) {
        await intake.control(items);
        for (const { signal } of items) signals.add(signal.kind);
      },
    }),
    metrics: () => [signals, opened, decisions, runs, outcomes, records, detect, recover].map((m) => m.metric()),
  };
}

const byText = ([a]: [string, number], [b]: [string, number]): number => (a < b ? -1 : 1);

function counter(name: string, help: string, label: string) {
  const counts = new Map<string, number>();
  return {
    add: (value: string): void => void counts.set(value, (counts.get(value) ?? 0) + 1),
    metric: (): Metric => ({
      type: "counter",
      name,
      help,
      samples: [...counts].toSorted(byText).map(([text, value]) => ({ labels: { [label]: text }, value })),
    }),
  };
}

function histogram(name: string, help: string) {
  const within = boundsSeconds.map(() => 0);
  let [count, sum] = [0, 0];
  return {
    observe(seconds: number): void {
      boundsSeconds.forEach((bound, i) => (within[i] = (within[i] ?? 0) + (seconds <= bound ? 1 : 0)));
      count += 1;
      sum += seconds;
    },
    metric: (): Metric => ({
      type: "histogram",
      name,
      help,
      buckets: boundsSeconds.map((bound, i) => [bound, within[i] ?? 0] as const),
      count,
      sum,
    }),
  };
}
