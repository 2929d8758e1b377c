import { mkdirSync, statSync, watch, type FSWatcher } from "node:fs";
import { dirname, join } from "node:path";
import { ifReadable, sha256OfFile } from "../files.ts";
import { readFlags } from "../flag-file.ts";
import type { ShopLayout } from "../layout.ts";
import { currentRelease } from "../release.ts";
import type { Ledger } from "./ledger.ts";

const lookEveryMs = 100;

interface Sight {
  readonly releases: ReadonlyMap<string, string>;
  readonly configs: ReadonlyMap<string, string>;
  readonly scratch: ReadonlyMap<string, string>;
  readonly flagFile: string;
  readonly flags: ReadonlyMap<string, string>;
}

/** Records every change of links, config, flags and scratch directories: told by the kernel, and by looking each 100 ms. */
export function watchShop(layout: ShopLayout, ledger: Ledger): { close: () => void } {
  let before = look(layout);
  const compare = () => {
    ledger.takeIntents();
    const after = look(layout, before);
    record(before, after, ledger);
    before = after;
  };
  const folders = [layout.dir, join(layout.dir, "scratch"), ...folderOfEach(layout)];
  const watchers = folders.flatMap((folder) => watching(folder, compare));
  const timer = setInterval(compare, lookEveryMs);
  return {
    close: () => {
      clearInterval(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

const folderOfEach = (layout: ShopLayout): string[] => [
  ...new Set(layout.members.flatMap((m) => (m.kind === "store" ? [] : [m.releasesDir, dirname(m.configFile)]))),
];

/** Where the kernel cannot watch, looking each 100 ms has to do. */
function watching(folder: string, onEvent: () => void): FSWatcher[] {
  try {
    mkdirSync(folder, { recursive: true });
    return [watch(folder, onEvent).on("error", () => undefined)];
  } catch {
    return [];
  }
}

function look(layout: ShopLayout, before?: Sight): Sight {
  const releasing = layout.members.filter((m) => m.kind === "service");
  const flagFile = sha256OfFile(layout.flagsFile);
  return {
    releases: new Map(releasing.map((m) => [m.name, currentRelease(m.currentLink) ?? "absent"])),
    configs: new Map(releasing.map((m) => [m.name, sha256OfFile(m.configFile)])),
    scratch: new Map(releasing.flatMap((m) => m.instances.map((i) => [i.name, inodeOf(i.scratchDir)] as const))),
    flagFile,
    flags: before?.flagFile === flagFile ? before.flags : flagsIn(layout.flagsFile, before?.flags),
  };
}

function inodeOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "absent" : `inode ${found.ino}`;
}

/** A half-written file shows no flags: what was known stays. */
function flagsIn(path: string, known?: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const file = ifReadable(() => readFlags(path));
  if (file === undefined) return known ?? new Map();
  return new Map(
    Object.entries(file.flags).map(([name, f]) => [name, f.state === "ENABLED" ? f.defaultVariant : "disabled"]),
  );
}

function record(before: Sight, after: Sight, ledger: Ledger): void {
  for (const [service, from, to] of changed(before.releases, after.releases))
    ledger.record({ kind: "release-switched", service, from, to });
  for (const [service, from, to] of changed(before.configs, after.configs))
    ledger.record({ kind: "config-changed", service, from, to });
  for (const [instance, from, to] of changed(before.scratch, after.scratch))
    ledger.record({ kind: "scratch-moved", instance, from, to });
  if (before.flagFile !== after.flagFile)
    ledger.record({ kind: "flag-file-changed", from: before.flagFile, to: after.flagFile });
  for (const [flag, from, to] of changed(before.flags, after.flags))
    ledger.record({ kind: "flag-changed", flag, from, to });
}

function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): [string, string, string][] {
  return [...after].flatMap(([name, to]) => {
    const from = before.get(name) ?? "absent";
    return from === to ? [] : [[name, from, to] satisfies [string, string, string]];
  });
}
