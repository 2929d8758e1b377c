import { prometheusSource } from "../adapters/evidence/prometheus/prometheus-source.ts";
import type { ComponentStatus } from "../engine/operations.ts";
import { whyNot } from "../engine/why-not.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { PrometheusServer } from "../ports/config.ts";
import type { EvidenceSource } from "../ports/evidence.ts";
import type { Redactor } from "../ports/redactor.ts";
import { serverOf } from "../ports/server-of.ts";

export interface MetricsStoreParts {
  readonly servers: () => readonly PrometheusServer[];
  readonly redactor: Redactor;
  readonly clock: Clock;
}

/** The metrics stores the care repo names, and how each answered last. */
export interface MetricsStores {
  of(environment: string): EvidenceSource | undefined;
  /** Asks each for a number, so that one that is away is known of before it is needed. Never rejects. */
  look(): Promise<void>;
  status(): ComponentStatus[];
}

export function createMetricsStores({ servers, redactor, clock }: MetricsStoreParts): MetricsStores {
  // A changed care repo brings new values, and what was known of the old ones goes with them.
  const known = new WeakMap<PrometheusServer, EvidenceSource>();
  const trouble = new WeakMap<PrometheusServer, string>();
  const sourceOf = (server: PrometheusServer): EvidenceSource => {
    const note = (why: string | undefined): void =>
      void (why === undefined ? trouble.delete(server) : trouble.set(server, why));
    const source = known.get(server) ?? noted(prometheusSource(server, redactor), note);
    known.set(server, source);
    return source;
  };
  return {
    of(environment) {
      const server = serverOf(servers(), environment);
      return server && sourceOf(server);
    },
    async look() {
      const nowMs = clock.nowMs();
      await Promise.all(
        servers().map((s) =>
          sourceOf(s)
            .at("vector(1)", nowMs)
            .catch(() => undefined),
        ),
      );
    },
    status() {
      const troubles = servers().flatMap((s) => {
        const why = trouble.get(s);
        return why === undefined ? [] : [`${sourceOf(s).name}: ${why}`];
      });
      if (servers().length === 0) return [];
      const detail =
        troubles.length > 0
          ? troubles.join("; ")
          : servers()
              .map((s) => sourceOf(s).name)
              .join(", ");
      return [{ name: "metrics stores", state: troubles.length > 0 ? "degraded" : "ok", detail }];
    },
  };
}

/** The same source, that tells of each answer whether the store is well; a query it refuses says nothing about it. */
function noted(source: EvidenceSource, note: (why: string | undefined) => void): EvidenceSource {
  const told = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      const given = await answer;
      note(undefined);
      return given;
    } catch (error) {
      const aboutQuery = error instanceof AdapterError && (error.code === "bad-query" || error.code === "too-much");
      note(aboutQuery ? undefined : whyNot(error));
      throw error;
    }
  };
  return {
    ...source,
    at: (query, atMs) => told(source.at(query, atMs)),
    over: (query, window) => told(source.over(query, window)),
  };
}
