import { seriesKey, type SeriesSubject } from "./red.ts";

/** The series a service's spans belong to, looked up once and kept: making a key for each span would cost more than counting it. */
export interface NamedService {
  readonly service: string;
  readonly environment: string;
  readonly key: string;
  readonly instances: Map<string, string>;
  readonly versions: Map<string, string>;
  readonly edges: Map<string, string>;
  /** When its last server span ended, as far as was seen. */
  servedMs: number;
}

/** Names kept before all are forgotten and learned anew (I11); series themselves are limited elsewhere. */
const namesMax = 400_000;

export interface SeriesNames {
  service(service: string, environment: string): NamedService;
  key(of: Map<string, string>, name: string, subject: () => SeriesSubject): string;
}

export function createSeriesNames(): SeriesNames {
  const environments = new Map<string, Map<string, NamedService>>();
  let names = 0;
  const room = () => {
    if (++names <= namesMax) return;
    environments.clear();
    names = 0;
  };
  return {
    service(service, environment) {
      const known = environments.get(environment)?.get(service);
      if (known) return known;
      room();
      const services = environments.get(environment) ?? new Map<string, NamedService>();
      environments.set(environment, services);
      const key = seriesKey({ type: "service", service, environment });
      const fresh = {
        service,
        environment,
        key,
        instances: new Map(),
        versions: new Map(),
        edges: new Map(),
        servedMs: -Infinity,
      };
      services.set(service, fresh);
      return fresh;
    },
    key(of, name, subject) {
      const known = of.get(name);
      if (known !== undefined) return known;
      room();
      const key = seriesKey(subject());
      of.set(name, key);
      return key;
    },
  };
}
