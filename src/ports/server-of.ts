import type { PrometheusServer } from "./config.ts";

/** The server that knows an environment: one that names it, else one that names none. */
export const serverOf = (servers: readonly PrometheusServer[], environment: string): PrometheusServer | undefined =>
  servers.find((s) => s.environments.includes(environment)) ?? servers.find((s) => s.environments.length === 0);
