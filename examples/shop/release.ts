import { existsSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { switchLink, writeJson } from "./files.ts";

/** What a release does differently: stands for its code. Everything absent is as it should be. */
export interface Behaviour {
  /** Share of requests, 0 to 1, that this release answers with 500. */
  readonly errorShare?: number;
  /** Route patterns that fail or are slow; all routes when absent. */
  readonly routes?: readonly string[];
  /** Added to every request. */
  readonly latencyMs?: number;
  /** Work goes through so few lanes, each busy for `holdMs` a request: fine alone, slow under load. Beyond `queueMax` waiting: 503. */
  readonly latencyUnderLoad?: { readonly lanes: number; readonly holdMs: number; readonly queueMax: number };
  /** Exits with code 1 after so many requests. */
  readonly crashAfterRequests?: number;
  /** For people who read the file; the code does not look at it. */
  readonly innocent?: boolean;
}

export interface Release extends Behaviour {
  readonly version: string;
}

/** A release directory is complete before any link can point at it, and is never changed afterwards. */
export function createRelease(releasesDir: string, version: string, behaviour: Behaviour, compatible = true): void {
  const dir = join(releasesDir, version);
  if (existsSync(dir)) throw new Error(`release \`${version}\` exists already, choose another version`);
  writeJson(join(dir, "release.json"), { version, ...behaviour } satisfies Release);
  writeJson(join(dir, "manifest.json"), { compatible, version });
}

/** The version the link points at; `undefined` when there is no link. */
export function currentRelease(currentLink: string): string | undefined {
  try {
    return basename(readlinkSync(currentLink));
  } catch {
    return undefined;
  }
}

export const switchRelease = (currentLink: string, version: string): void => switchLink(currentLink, version);

/** The wanted version, or the next patch of it that does not exist yet. */
export function freshVersion(releasesDir: string, wanted: string): string {
  const [major = "1", minor = "0", patch = "0"] = wanted.split(".");
  for (let n = Number(patch); n < Number(patch) + 10_000; n += 1) {
    const version = `${major}.${minor}.${n}`;
    if (!existsSync(join(releasesDir, version))) return version;
  }
  throw new Error(`no free version near \`${wanted}\`, remove old releases from \`${releasesDir}\``);
}
