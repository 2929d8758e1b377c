import { readText } from "./files.ts";
import type { MemberName } from "./layout.ts";

/** A service's config file, read at start and on SIGHUP. */
export interface Settings {
  /** Longest wait for one call, by called service. */
  readonly timeoutsMs: Readonly<Partial<Record<MemberName, number>>>;
  /** Absent for a service that does not use the store. */
  readonly store?: { readonly host: string; readonly port: number; readonly poolSize: number };
}

/** Throws when the file is absent or not JSON. */
export const readSettings = (path: string): Settings => JSON.parse(readText(path));

const callTimeoutMs = 1500;

/** What a service's config file holds when the shop is new. */
export function firstSettings(called: readonly MemberName[], storePort: number): Settings {
  const timeoutsMs = Object.fromEntries(called.map((name) => [name, callTimeoutMs]));
  return called.includes("store")
    ? { timeoutsMs, store: { host: "127.0.0.1", port: storePort, poolSize: 32 } }
    : { timeoutsMs };
}

/** A change of settings, merged into the file one level deep. */
export interface SettingsPatch {
  readonly timeoutsMs?: Settings["timeoutsMs"];
  readonly store?: Partial<NonNullable<Settings["store"]>>;
}

export function patched(settings: Settings, patch: SettingsPatch): Settings {
  const timeoutsMs = { ...settings.timeoutsMs, ...patch.timeoutsMs };
  if (settings.store === undefined) return { timeoutsMs };
  return { timeoutsMs, store: { ...settings.store, ...patch.store } };
}
