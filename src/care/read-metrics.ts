import type { CareError } from "../loop/signal/care-error.ts";
import type { ServiceMetric } from "../loop/signal/service.ts";
import type { JsonObject } from "../kernel/json.ts";
import { err, type Result } from "../kernel/result.ts";
import type { Conditions } from "../loop/plan/conditions.ts";
import { expressionRoots } from "../loop/plan/expression-roots.ts";
import { fillQuery } from "../loop/plan/fill-query.ts";
import type { QueryLanguage } from "../ports/evidence.ts";
import type { Collected } from "./collect.ts";

type ReadService = Collected["services"][number];

/** What metrics are read with. */
export interface MetricReading {
  readonly conditions: Conditions;
  readonly queries: QueryLanguage;
}

/** A service's metrics with their templates filled from its own declared fields, and what is wrong with them. */
export function readMetrics(
  read: ReadService,
  reading: MetricReading,
): { metrics: ServiceMetric[]; errors: CareError[] } {
  const { source, document } = read;
  const facts = declaredFields(document);
  const metrics: ServiceMetric[] = [];
  const errors: CareError[] = [];
  for (const [i, metric] of document.spec.metrics.entries()) {
    const query = filledQuery(metric.query, facts, reading);
    if (query.ok) metrics.push({ ...metric, query: query.value });
    else errors.push(source.error(["spec", "metrics", i, "query"], badQuery(query.error)));
  }
  return { metrics, errors };
}

function filledQuery(query: string, facts: JsonObject, { conditions, queries }: MetricReading): Result<string, string> {
  const filled = fillQuery(query, (expression) => {
    const other = expressionRoots(expression).find((root) => root !== "service");
    return other === undefined
      ? conditions.evaluate(expression, facts)
      : err(`\`${other}\` cannot be read here: only \`service\` can`);
  });
  if (!filled.ok) return filled;
  const readable = queries.read(filled.value);
  return readable.ok ? filled : err(readable.error);
}

const declaredFields = ({ metadata, spec }: ReadService["document"]): JsonObject => ({
  service: {
    name: metadata.name,
    environment: spec.environment,
    telemetryName: spec.telemetryName ?? metadata.name,
    owner: spec.owner,
    tier: spec.tier,
    labels: spec.labels,
  },
});

/** What is wrong with a query, as an error is told. */
export const badQuery = (why: string): Pick<CareError, "message" | "expected" | "fix"> => ({
  message: `the query cannot be used: ${why}`,
  expected: "PromQL that gives one number for each series, with `${…}` only in quotes",
  fix: "try the query on the server's own page, then correct it here",
});
