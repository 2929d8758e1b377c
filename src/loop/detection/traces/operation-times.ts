/** What one operation did over a step: how often, how it ended, and where its time went, in ms summed over its requests. */
export interface OperationTimes {
  readonly service: string;
  readonly environment: string;
  readonly operation: string;
  readonly startMs: number;
  count: number;
  errors: number;
  /** Failures under which nothing else failed: they originate here. */
  ownErrors: number;
  durationMs: number;
  /** Own work: of the served span and the spans of this service below it. */
  selfMs: number;
  /** On the critical path of the whole trace: what a user would gain if it were gone. */
  criticalMs: number;
}

/** Time and operations kept (I11). */
const stepMs = 10_000;
const keptMs = 30 * 60_000;
const rowsMax = 200_000;
const operationsMax = 200;
/** Where a service has more operations than fit, such as paths with ids in them. */
const others = "(other operations)";

export interface Tally {
  readonly service: string;
  readonly environment: string;
  readonly operation: string;
  readonly atMs: number;
  readonly add: Partial<
    Pick<OperationTimes, "count" | "errors" | "ownErrors" | "durationMs" | "selfMs" | "criticalMs">
  >;
}

/** RED and time spent per operation, of the last 30 minutes in steps of 10 s. */
export interface OperationLog {
  add(tally: Tally): void;
  of(service: string, environment: string, fromMs: number, toMs: number): OperationTimes[];
  forget(nowMs: number): void;
  stats(): { readonly operationRows: number; readonly operationRowsDropped: number };
}

export function createOperationLog(): OperationLog {
  const services = new Map<string, { readonly names: Set<string>; readonly rows: Map<string, OperationTimes> }>();
  let [rows, dropped] = [0, 0];

  return {
    add({ service, environment, operation, atMs, add }) {
      const key = JSON.stringify([environment, service]);
      const known = services.get(key) ?? { names: new Set<string>(), rows: new Map<string, OperationTimes>() };
      services.set(key, known);
      const name = known.names.has(operation) || known.names.size < operationsMax ? operation : others;
      known.names.add(name);
      const startMs = Math.floor(atMs / stepMs) * stepMs;
      const row = known.rows.get(`${startMs} ${name}`) ?? emptyRow(service, environment, name, startMs);
      if (!known.rows.has(`${startMs} ${name}`)) {
        if (rows >= rowsMax) return void dropped++;
        rows++;
        known.rows.set(`${startMs} ${name}`, row);
      }
      for (const [member, by] of Object.entries(add)) row[member as keyof typeof add] += by;
    },
    of: (service, environment, fromMs, toMs) =>
      [...(services.get(JSON.stringify([environment, service]))?.rows.values() ?? [])].filter(
        (r) => r.startMs >= fromMs && r.startMs < toMs,
      ),
    forget(nowMs) {
      for (const [key, known] of services) {
        for (const [id, row] of known.rows) if (row.startMs < nowMs - keptMs && known.rows.delete(id)) rows--;
        if (known.rows.size === 0) services.delete(key);
      }
    },
    stats: () => ({ operationRows: rows, operationRowsDropped: dropped }),
  };
}

const emptyRow = (service: string, environment: string, operation: string, startMs: number): OperationTimes => ({
  service,
  environment,
  operation,
  startMs,
  count: 0,
  errors: 0,
  ownErrors: 0,
  durationMs: 0,
  selfMs: 0,
  criticalMs: 0,
});
