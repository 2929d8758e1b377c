import type { OperationTimes } from "../../loop/detection/traces/operation-times.ts";
import type { TraceReader } from "../../ports/traces.ts";
import type { Naming } from "./naming.ts";

/** Asks by the care repo's names, and answers by them. */
export function nameTraces(reader: TraceReader, { seen, declared }: Pick<Naming, "seen" | "declared">): TraceReader {
  const renamed = (names: ReadonlyMap<string, number>, environment: string): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const [name, by] of names) {
      const known = declared(name, environment);
      sums.set(known, (sums.get(known) ?? 0) + by);
    }
    return sums;
  };
  const row = (r: OperationTimes): OperationTimes => ({
    ...r,
    service: declared(r.service, r.environment),
    waits: renamed(r.waits, r.environment),
    origins: renamed(r.origins, r.environment),
  });
  return {
    operations: (service, environment, fromMs, toMs) =>
      reader.operations(seen(service, environment), environment, fromMs, toMs).map(row),
    exemplars: (service, environment, fromMs, toMs) =>
      reader.exemplars(seen(service, environment), environment, fromMs, toMs),
    services: () =>
      reader.services().map(({ service, environment }) => ({ service: declared(service, environment), environment })),
    lookedAtShare: () => reader.lookedAtShare(),
  };
}
