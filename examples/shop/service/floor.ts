import { setTimeout as sleep } from "node:timers/promises";
import { readText } from "../files.ts";
import { isOn, readFlags, type FlagFile } from "../flag-file.ts";
import type { FlagName, ShopLayout } from "../layout.ts";
import { readSettings, type Settings } from "../settings.ts";
import { poolOf, type Pool } from "./pool.ts";
import type { ShopFloor } from "./shop-floor.ts";
import type { Telemetry } from "./telemetry.ts";
import { callUpstream, type Address } from "./upstream.ts";

type Addresses = Readonly<Record<string, readonly Address[]>>;

/** What a service stands on: its neighbours, the store, flags and settings. `reload` reads the settings again. */
export function floorOf(
  layout: ShopLayout,
  configFile: string,
  telemetry: Telemetry,
): { floor: ShopFloor; reload: () => void } {
  const addresses: Addresses = JSON.parse(readText(layout.addressesFile));
  let settings = readSettings(configFile);
  let pool = storePool(settings);
  const flags = flagReader(layout.flagsFile);
  const store = (method: "GET" | "PUT", key: string, body?: unknown) => {
    const to = settings.store;
    if (to === undefined) throw new Error("no store is configured");
    const { poolSize: _, ...address } = to;
    const timeoutMs = settings.timeoutsMs.store ?? 1500;
    return pool.run(() =>
      callUpstream(telemetry, { peer: "store", addresses: [address], method, path: `/data/${key}`, body, timeoutMs }),
    );
  };
  const floor: ShopFloor = {
    call: (peer, method, path, body) =>
      callUpstream(telemetry, {
        peer,
        addresses: addresses[peer] ?? [],
        method,
        path,
        body,
        timeoutMs: settings.timeoutsMs[peer] ?? 1500,
      }),
    read: async (key) => (await store("GET", key)).body,
    write: async (key, value) => {
      await store("PUT", key, value);
    },
    isOn: flags,
    random: Math.random,
    work: (ms) => sleep(ms),
  };
  const reload = () => {
    settings = readSettings(configFile);
    pool = storePool(settings);
  };
  return { floor, reload };
}

const storePool = (settings: Settings): Pool => poolOf("store connection pool", settings.store?.poolSize ?? 0, 256);

/** Reads the flag file at most once a second; a file that cannot be read leaves the flags as they were. */
function flagReader(path: string): (name: FlagName) => boolean {
  let readAtMs = 0;
  let file: FlagFile | undefined;
  return (name) => {
    if (Date.now() - readAtMs >= 1000) {
      readAtMs = Date.now();
      try {
        file = readFlags(path);
      } catch {
        // Somebody may be editing it; the next second tells.
      }
    }
    return isOn(file, name);
  };
}
