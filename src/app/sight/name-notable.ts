import type { ReadNotable } from "./notable.ts";

type Rename = (service: string, environment: string) => string;

/** Asks by the names telemetry uses, and answers by those of the care repo. */
export const nameNotable =
  (read: ReadNotable, seen: Rename, declared: Rename): ReadNotable =>
  (environment, names) => {
    const found = read(
      environment,
      names.map((n) => seen(n, environment)),
    );
    const { logs, streams, failedCalls } = found;
    const renamed = <T>(by: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(Object.entries(by).map(([n, of]) => [declared(n, environment), of]));
    return {
      ...(logs ? { logs: renamed(logs) } : {}),
      ...(streams ? { streams: renamed(streams) } : {}),
      failedCalls: (failedCalls ?? []).map(({ from, to, ...call }) => ({
        ...call,
        ...(from === undefined ? {} : { from: declared(from, environment) }),
        ...(to === undefined ? {} : { to: declared(to, environment) }),
      })),
    };
  };
