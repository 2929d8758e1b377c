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

/** The declared service, or a refusal: actuators touch nothing the care repo does not name. */
export function serviceOf(host: Host, name: string): Service {
  const service = host.services().find((s) => s.name === name);
  if (!service)
    throw new AdapterError("unknown-service", `the care repo declares no service \`${name}\`; declare it first`);
  return service;
}

/** Keys of an undo end in `/undo` or `/undo.<n>`. */
export const isUndo = (key: string): boolean => /\/undo(\.\d+)?$/.test(key);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
