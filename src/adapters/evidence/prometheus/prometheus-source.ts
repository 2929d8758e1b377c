import { momentsOf } from "../../../loop/signal/metric-series.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { PrometheusServer } from "../../../ports/config.ts";
import { evidenceLimits, type EvidenceSource } from "../../../ports/evidence.ts";
import type { Redactor } from "../../../ports/redactor.ts";
import { ask, endpointOf, type Server } from "./ask.ts";
import { freshOnly, promql } from "./promql.ts";
import { readAnswer } from "./read-answer.ts";

/** For one query; the server is told too, so that it does not go on with what nobody waits for. */
const timeoutMs = 5_000;

/**
 * Asks a Prometheus, or what answers like one, for evidence (A5): `/api/v1/query` and `/api/v1/query_range`, by POST, so that
 * no query is in an address. Credentials are read from their reference for each request (K5).
 */
export function prometheusSource(spec: PrometheusServer, redactor: Redactor): EvidenceSource {
  const { url, auth, maxAgeMs } = spec;
  const { bytesMax } = evidenceLimits;
  const server: Server = { url, timeoutMs, bytesMax, redactor, ...(auth ? { auth } : {}) };
  const asked = async (path: string, query: string, form: Readonly<Record<string, string>>) => {
    const fresh = freshOnly(query, maxAgeMs);
    if (!fresh.ok) throw new AdapterError("bad-query", fresh.error);
    return readAnswer(await ask(server, path, { query: fresh.value, timeout: `${timeoutMs}ms`, ...form }), redactor);
  };
  return {
    name: nameOf(url),
    at: (query, atMs) => asked("/api/v1/query", query, { time: seconds(atMs) }),
    async over(query, window) {
      const moments = momentsOf(window);
      if (!(window.stepMs > 0) || !(moments >= 1 && moments <= evidenceLimits.momentsMax))
        throw new AdapterError(
          "too-much",
          `${moments} moments are asked for, 1 to ${evidenceLimits.momentsMax} may be`,
        );
      const form = { start: seconds(window.fromMs), end: seconds(window.toMs), step: seconds(window.stepMs) };
      return asked("/api/v1/query_range", query, form);
    },
    reachMs(query) {
      const read = promql.read(query);
      if (!read.ok || read.value.rangeMs === undefined) return undefined;
      return read.value.rangeMs + (read.value.newest ? maxAgeMs : 0);
    },
  };
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

/** Without what may hold a token: a query in the address. */
function nameOf(url: string): string {
  const { host, pathname } = endpointOf(url, "");
  return `Prometheus at ${host}${pathname.replace(/\/$/, "")}`;
}
