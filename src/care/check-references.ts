import type { CareError } from "../loop/signal/care-error.ts";
import type { Collected, Read } from "./collect.ts";
import { nearest } from "./nearest.ts";
import { redSource, toSlo, type IndicatorSpec } from "./schema/openslo.ts";
import { toScrape } from "./schema/service.ts";
import type { Slo } from "../loop/detection/slo.ts";

type ReadService = Collected["services"][number];

/** Whether services fit together: who they depend on, and that no two things claim one name or one process. */
export function checkServices(services: readonly ReadService[]): CareError[] {
  const names = services.map((s) => s.document.metadata.name);
  return [
    ...services.flatMap((s) => [
      ...unknownDependencies(s, names),
      ...innerRepeats(s),
      ...tooFewInstances(s),
      ...nothingToScrape(s),
    ]),
    ...sharedPidFiles(services),
  ];
}

function unknownDependencies(
  { source, document: { metadata, spec } }: ReadService,
  names: readonly string[],
): CareError[] {
  return spec.dependsOn.flatMap((name, i) => {
    if (name !== metadata.name && names.includes(name)) return [];
    const meant = nearest(
      name,
      names.filter((n) => n !== metadata.name),
    );
    const message = name === metadata.name ? `\`${name}\` depends on itself` : `unknown service \`${name}\``;
    return [
      source.error(["spec", "dependsOn", i], {
        message,
        expected: "the name of another Service of this care repo",
        fix: meant
          ? `did you mean \`${meant}\``
          : "declare the service, with `emitsTelemetry: false` if it sends none, or remove it",
      }),
    ];
  });
}

function innerRepeats({ source, document: { spec } }: ReadService): CareError[] {
  return (["instances", "config", "synthetics", "metrics"] as const).flatMap((list) => {
    const names = spec[list].map((member) => member.name);
    return names.flatMap((name, i) =>
      names.indexOf(name) < i
        ? [
            source.error(["spec", list, i, "name"], {
              message: `\`${name}\` is declared twice`,
              expected: `names unique in ${list}`,
              fix: "rename one of them",
            }),
          ]
        : [],
    );
  });
}

function tooFewInstances({ source, document: { spec } }: ReadService): CareError[] {
  if (spec.minHealthy === undefined || spec.minHealthy <= spec.instances.length) return [];
  return [
    source.error(["spec", "minHealthy"], {
      message: `\`${spec.minHealthy}\` instances must be healthy, ${spec.instances.length} are declared`,
      expected: "at most the number of instances",
      fix: "lower it or declare the instances",
    }),
  ];
}

function nothingToScrape({ source, document: { spec } }: ReadService): CareError[] {
  if (!spec.scrape) return [];
  const targets = toScrape(spec, spec.scrape).targets.map((t) => t.url);
  const twice = targets.find((url, i) => targets.indexOf(url) < i);
  if (targets.length > 0 && twice === undefined) return [];
  return [
    source.error(["spec", "scrape"], {
      message: twice === undefined ? "there is nothing to scrape" : `\`${twice}\` would be scraped twice`,
      expected: "`urls`, or instances with a `healthUrl`, each address once",
      fix: "name the addresses in `urls`",
    }),
  ];
}

/** Two instances with one pid file would be one process: restarting both would restart it twice. */
function sharedPidFiles(services: readonly ReadService[]): CareError[] {
  const owners = new Map<string, string>();
  return services.flatMap(({ source, document: { metadata, spec } }) =>
    spec.instances.flatMap((instance, i) => {
      const owner = owners.get(instance.pidFile);
      owners.set(instance.pidFile, `${metadata.name}/${instance.name}`);
      return owner
        ? [
            source.error(["spec", "instances", i, "pidFile"], {
              message: `\`${instance.pidFile}\` is also the pid file of ${owner}`,
              expected: "one pid file per instance",
              fix: "correct one of them",
            }),
          ]
        : [];
    }),
  );
}

/** The SLOs Homeostat measures itself, and what is wrong with the others. `elsewhere` are those another system measures. */
export function readSlos(all: Collected): { slos: Slo[]; elsewhere: Collected["slos"]; errors: CareError[] } {
  const slos: Slo[] = [];
  const elsewhere: Collected["slos"] = [];
  const errors: CareError[] = [];
  for (const read of all.slos) {
    const indicator = indicatorOf(read, all);
    if (!indicator) {
      const known = all.slis.map((s) => s.document.metadata.name);
      const ref = read.document.spec.indicatorRef ?? "";
      const meant = nearest(ref, known);
      errors.push(
        read.source.error(["spec", "indicatorRef"], {
          message: `unknown indicator \`${ref}\``,
          expected: "the name of an SLI document",
          fix: meant ? `did you mean \`${meant}\`` : "add the SLI or write the indicator inline",
        }),
      );
      continue;
    }
    const slo = toSlo(read.document, indicator);
    if (slo === "elsewhere") elsewhere.push(read);
    else if ("message" in slo) errors.push(read.source.error(slo.path, slo));
    else {
      slos.push(slo);
      errors.push(...unknownService(read, slo, all.services));
    }
  }
  return { slos, elsewhere, errors };
}

function indicatorOf({ document: { spec } }: Collected["slos"][number], all: Collected): IndicatorSpec | undefined {
  return spec.indicator?.spec ?? all.slis.find((s) => s.document.metadata.name === spec.indicatorRef)?.document.spec;
}

function unknownService({ source }: Read<unknown>, slo: Slo, services: readonly ReadService[]): CareError[] {
  const declared = services.find((s) => s.document.metadata.name === slo.service);
  if (declared?.document.spec.environment === slo.environment) return [];
  const names = services.map((s) => s.document.metadata.name);
  const meant = nearest(slo.service, names);
  const message = declared
    ? `service \`${slo.service}\` is in \`${declared.document.spec.environment}\`, not in \`${slo.environment}\``
    : `unknown service \`${slo.service}\` in a metric source of type \`${redSource}\``;
  const fix = declared
    ? `write \`environment: ${declared.document.spec.environment}\``
    : meant
      ? `did you mean \`${meant}\``
      : "declare the service";
  return [
    source.error(["spec", "indicator"], { message, expected: "a Service of this care repo and its environment", fix }),
  ];
}
