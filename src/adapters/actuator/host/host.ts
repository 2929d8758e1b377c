import type { Service } from "../../../loop/signal/service.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Settings } from "../../../ports/config.ts";

/** What the host actuators know: what the active care repo declares, and a folder of their own. */
export interface Host {
  services(): readonly Service[];
  settings(): Pick<Settings, "commands">;
  /** Private to Homeostat; holds what undo needs. */
  readonly dataDir: string;
  readonly clock: Clock;
}

/** Services by name, once for each configuration: with thousands of them a search for each look at each is what all time goes into. */
const indexes = new WeakMap<readonly Service[], ReadonlyMap<string, Service>>();

/** The declared service of this name, if there is one. */
export function declaredService(host: Pick<Host, "services">, name: string): Service | undefined {
  const services = host.services();
  const index = indexes.get(services) ?? new Map(services.map((s) => [s.name, s]));
  indexes.set(services, index);
  return index.get(name);
}

/** The declared service, or a refusal: actuators touch nothing the care repo does not name. */
export function serviceOf(host: Host, name: string): Service {
  const service = declaredService(host, name);
  if (!service)
    throw new AdapterError("unknown-service", `the care repo declares no service \`${name}\`; declare it first`);
  return service;
}

/** Keys of an undo end in `/undo` or `/undo.<n>`. */
export const isUndo = (key: string): boolean => /\/undo(\.\d+)?$/.test(key);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
