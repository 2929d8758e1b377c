import type { RedBucket } from "../loop/detection/red.ts";
import type { Edge } from "../loop/detection/finding.ts";

/** What gates, diagnosis and charts read of telemetry. Only complete buckets are returned; what is missing is absent. */
export interface TelemetryReader {
  /** Server-side RED of a service, oldest first, buckets whose start lies in [fromMs, toMs). */
  service(service: string, environment: string, fromMs: number, toMs: number): Promise<RedBucket[]>;
  /** The same per edge, as the caller saw it. */
  edge(edge: Edge, environment: string, fromMs: number, toMs: number): Promise<RedBucket[]>;
  /** Every series of the given services (service, instances, versions, edges out of them), oldest first. */
  all(services: readonly string[], environment: string, fromMs: number, toMs: number): Promise<RedBucket[]>;
  /** Edges seen in traces within the last `withinMs`. */
  edges(environment: string, withinMs: number): Promise<Edge[]>;
}
