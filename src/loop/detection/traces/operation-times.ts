/** What one operation did over a step: how often, how it ended, and where its time went, in ms summed over its requests. */
export interface OperationTimes {
  readonly service: string;
  readonly environment: string;
  readonly operation: string;
  readonly startMs: number;
  /** 10 s, or a minute of them added up. */
  widthMs: number;
  count: number;
  errors: number;
  /** Failures under which nothing else failed: they originate here. */
  ownErrors: number;
  durationMs: number;
  /** Own work, of the served span and the spans of this service below it, while it waited for nobody. */
  selfMs: number;
  /** On the critical path of the whole trace: what a user would gain if it were gone. */
  criticalMs: number;
  /** Length of all traces it was part of. */
  traceMs: number;
  /** Requests by interval of `durationBoundsMs`: only those that have any. */
  readonly durations: Map<number, number>;
  /** Waiting by whom was waited for, ms. */
  readonly waits: Map<string, number>;
  /** Failed requests by where their failure began: a service, or whom a call went to that nobody answered. */
  readonly origins: Map<string, number>;
}

/** Sums that add up member by member. */
const sums = ["count", "errors", "ownErrors", "durationMs", "selfMs", "criticalMs", "traceMs"] as const;
/** Maps that do. */
const maps = ["durations", "waits", "origins"] as const;

/** Steps, time and operations kept (I11). Beyond the last minutes steps are added up to minutes. */
export const stepMs = 10_000;
const minuteMs = 60_000;
const fineMs = 6 * minuteMs;
export const keptMs = 30 * minuteMs;
const rowsMax = 200_000;
const operationsMax = 200;
const namesMax = 20;
/** Where a service has more operations than fit, such as paths with ids in them, or a request more callees. */
const others = "(other operations)";
const otherNames = "(others)";

export interface ServicePlace {
  readonly service: string;
  readonly environment: string;
}

export interface Tally {
  readonly service: string;
  readonly environment: string;
  readonly operation: string;
  readonly atMs: number;
  readonly add: Partial<Pick<OperationTimes, (typeof sums)[number]>>;
  /** Interval of the request's duration. */
  readonly interval?: number;
  readonly waits?: ReadonlyMap<string, number>;
  readonly origin?: string;
}

/** RED and time spent per operation, of the last 30 minutes: in steps of 10 s, the older ones in minutes. */
export interface OperationLog {
  add(tally: Tally): void;
  /** Rows that begin in [fromMs, toMs). */
  of(service: string, environment: string, fromMs: number, toMs: number): OperationTimes[];
  /** The services that have rows. */
  services(): ServicePlace[];
  forget(nowMs: number): void;
  stats(): { readonly operationRows: number; readonly operationRowsDropped: number };
}

interface Known {
  readonly service: string;
  readonly environment: string;
  readonly names: Set<string>;
  readonly rows: Map<string, OperationTimes>;
}

export function createOperationLog(): OperationLog {
  const services = new Map<string, Known>();
  let [rows, dropped] = [0, 0];

  function rowOf(known: Known, operation: string, startMs: number, widthMs: number): OperationTimes | undefined {
    const id = `${startMs} ${widthMs} ${operation}`;
    const found = known.rows.get(id);
    if (found) return found;
    if (rows >= rowsMax) return undefined;
    rows++;
    const made = emptyRow(known, operation, startMs, widthMs);
    known.rows.set(id, made);
    return made;
  }

  /** A step that is no longer recent becomes part of its minute. */
  function roll(known: Known, id: string, row: OperationTimes): void {
    if (known.rows.delete(id)) rows--;
    const minute = rowOf(known, row.operation, Math.floor(row.startMs / minuteMs) * minuteMs, minuteMs);
    if (!minute) return void dropped++;
    for (const sum of sums) minute[sum] += row[sum];
    for (const map of maps) for (const [name, by] of row[map]) count(minute[map] as Map<unknown, number>, name, by);
  }

  return {
    add({ service, environment, operation, atMs, add, interval, waits, origin }) {
      const key = JSON.stringify([environment, service]);
      const known = services.get(key) ?? { service, environment, names: new Set<string>(), rows: new Map() };
      services.set(key, known);
      const name = known.names.has(operation) || known.names.size < operationsMax ? operation : others;
      known.names.add(name);
      const row = rowOf(known, name, Math.floor(atMs / stepMs) * stepMs, stepMs);
      if (!row) return void dropped++;
      for (const sum of sums) row[sum] += add[sum] ?? 0;
      if (interval !== undefined) count(row.durations, interval, 1);
      for (const [on, ms] of waits ?? []) countName(row.waits, on, ms);
      if (origin !== undefined) countName(row.origins, origin, 1);
    },
    of: (service, environment, fromMs, toMs) =>
      [...(services.get(JSON.stringify([environment, service]))?.rows.values() ?? [])].filter(
        (r) => r.startMs >= fromMs && r.startMs < toMs,
      ),
    services: () => [...services.values()].map(({ service, environment }) => ({ service, environment })),
    forget(nowMs) {
      for (const [key, known] of services) {
        for (const [id, row] of known.rows) {
          if (row.startMs < nowMs - keptMs) {
            if (known.rows.delete(id)) rows--;
          } else if (row.widthMs < minuteMs && isWholeMinute(row.startMs, nowMs)) roll(known, id, row);
        }
        const named = new Set([...known.rows.values()].map((row) => row.operation));
        for (const name of known.names) if (!named.has(name)) known.names.delete(name);
        if (known.rows.size === 0) services.delete(key);
      }
    },
    stats: () => ({ operationRows: rows, operationRowsDropped: dropped }),
  };
}

/** All steps of a minute are added up together: what lies within it is in one place. */
const isWholeMinute = (startMs: number, nowMs: number): boolean =>
  Math.floor(startMs / minuteMs) * minuteMs + minuteMs <= nowMs - fineMs;

const emptyRow = (
  { service, environment }: Pick<Known, "service" | "environment">,
  operation: string,
  startMs: number,
  widthMs: number,
): OperationTimes => ({
  service,
  environment,
  operation,
  startMs,
  widthMs,
  count: 0,
  errors: 0,
  ownErrors: 0,
  durationMs: 0,
  selfMs: 0,
  criticalMs: 0,
  traceMs: 0,
  durations: new Map(),
  waits: new Map(),
  origins: new Map(),
});

const count = <K>(map: Map<K, number>, key: K, by: number): void => void map.set(key, (map.get(key) ?? 0) + by);

const countName = (map: Map<string, number>, name: string, by: number): void =>
  count(map, map.has(name) || map.size < namesMax ? name : otherNames, by);
