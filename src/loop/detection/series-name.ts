import type { Edge } from "./finding.ts";

/** Who a series speaks of, read back from its key. An edge belongs to its caller, who saw it. */
export interface SeriesName {
  readonly key: string;
  readonly type: "service" | "edge";
  readonly service: string;
  readonly environment: string;
  readonly edge?: Edge;
}

/** `undefined` for series of instances and versions, and for what is no series key. */
export function parseSeriesName(key: string): SeriesName | undefined {
  if (!key.startsWith('["service"') && !key.startsWith('["edge"')) return undefined;
  const parts: unknown = JSON.parse(key);
  if (!Array.isArray(parts)) return undefined;
  const [type, environment = "", service = "", to = ""] = parts.map(String);
  if (type === "service") return { key, type, service, environment };
  if (type === "edge") return { key, type, service, environment, edge: { from: service, to } };
  return undefined;
}
