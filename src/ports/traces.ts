import type { Exemplar } from "../loop/detection/traces/exemplars.ts";
import type { OperationTimes, ServicePlace } from "../loop/detection/traces/operation-times.ts";

/** What this controller learned from whole traces it was sent, in memory. What it was not sent is absent, which is unknown (B7). */
export interface TraceReader {
  /** What the operations of a service did, in rows that begin in [fromMs, toMs), as far as the last 30 minutes reach. */
  operations(service: string, environment: string, fromMs: number, toMs: number): OperationTimes[];
  /** Traces worth looking at, of [fromMs, toMs), as far as the last hour reaches; one for each reason it was kept for. */
  exemplars(service: string, environment: string, fromMs: number, toMs: number): Exemplar[];
  /** The services that whole traces told of within the last 30 minutes. */
  services(): ServicePlace[];
  /** The share of all traces that is looked at, above 0, at most 1: less where there are more than fit. */
  lookedAtShare(): number;
}
