import type { CareError } from "../loop/signal/care-error.ts";
import type { Runbook } from "../loop/plan/runbook.ts";
import type { PrometheusServer } from "../ports/config.ts";
import type { Collected } from "./collect.ts";
import { serverOf } from "../ports/server-of.ts";

/** Metrics and gates that nobody can be asked for: they will always be missing. */
export function warnMetrics(all: Collected, servers: readonly PrometheusServer[]): CareError[] {
  const environments = [...new Set(all.services.map((s) => s.document.spec.environment))];
  const blind = environments.filter((e) => !serverOf(servers, e));
  return [
    ...unaskedMetrics(all, blind),
    ...unaskedGates(all, environments.length > 0 && blind.length === environments.length),
  ];
}

const unaskedMetrics = (all: Collected, blind: readonly string[]): CareError[] =>
  all.services.flatMap(({ source, document: { spec } }) =>
    spec.metrics.length > 0 && blind.includes(spec.environment)
      ? [
          source.error(["spec", "metrics"], {
            message: `no server knows the environment \`${spec.environment}\`: these metrics will be missing`,
            expected: "a server of that environment in `prometheus` of the Settings",
            fix: "name the server in the Settings, or remove the metrics",
          }),
        ]
      : [],
  );

const unaskedGates = (all: Collected, blind: boolean): CareError[] =>
  all.runbooks.flatMap(({ source, document: { spec } }) => {
    const gates: readonly { readonly type: Runbook["verify"]["gates"][number]["type"] }[] = [
      ...spec.steps.flatMap((s) => s.gates),
      ...(spec.verify?.gates ?? []),
    ];
    if (!blind || !gates.some((g) => g.type === "promql")) return [];
    return [
      source.error(["spec"], {
        message: "no server is there for its `promql` gates: they will be inconclusive and never pass",
        expected: "a server in `prometheus` of the Settings",
        fix: "name the server in the Settings, or use another gate",
      }),
    ];
  });
